import { expect, test } from "bun:test";
import { traceIdOf } from "./trace-id.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const NEW = /^[0-9a-f]{32}$/;

test("the trace id of a W3C traceparent goes before X-Trace-Id", () => {
  expect(traceIdOf(new Headers({ traceparent: `00-${TRACE}-${PARENT}-01` }))).toBe(TRACE);
  expect(traceIdOf(new Headers({ traceparent: `00-${TRACE}-${PARENT}-00`, "x-trace-id": "my-own-trace" }))).toBe(TRACE);
  expect(traceIdOf(new Headers({ "x-trace-id": "my-own-trace" }))).toBe("my-own-trace");
});

test("a malformed traceparent is ignored", () => {
  const malformed = [
    "",
    TRACE,
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.slice(1)}-${PARENT}-01`,
  ];
  for (const traceparent of malformed) {
    expect(traceIdOf(new Headers({ traceparent, "x-trace-id": "my-own-trace" }))).toBe("my-own-trace");
    const fresh = traceIdOf(new Headers({ traceparent }));
    expect(fresh).toMatch(NEW);
    expect(fresh).not.toBe(TRACE);
  }
});

test("an X-Trace-Id that could break a log line is ignored", () => {
  for (const id of ["short", "a".repeat(65), "with space", 'with"quote', "../../etc/passwd", "ümlaut-trace"]) {
    expect(traceIdOf(new Headers({ "x-trace-id": id }))).toMatch(NEW);
  }
});
