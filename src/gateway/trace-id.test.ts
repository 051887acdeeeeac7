import { expect, test } from "bun:test";
import { newTraceId, traceIdOf } from "./trace-id.ts";

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

test("new ids are all different, grow with the time, and end in digits of which none is more likely", () => {
  const before = Date.now();
  const ids = Array.from({ length: 5000 }, newTraceId);
  expect(new Set(ids).size).toBe(5000);
  for (const id of ids) {
    expect(id).toMatch(NEW);
    const ms = Number.parseInt(id.slice(0, 12), 16);
    expect(ms >= before && ms <= Date.now()).toBe(true);
  }
  // Who samples traces looks at their last digits.
  for (let digit = 12; digit < 32; digit += 1) {
    const seen = new Set(ids.map((id) => id[digit]));
    expect(seen.size).toBe(16);
  }
});
