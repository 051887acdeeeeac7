import { describe, expect, test } from "bun:test";
import { newTraceId } from "../trace-id.ts";
import { openChild, openRequestSpan, passedOn, propagatedOf } from "./request-span.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const context = (flags: number) => ({ parent: { traceId: TRACE, spanId: SPAN, flags }, tracestate: "a=1", baggage: "b=2" });
const open = (traceId: string, of: Parameters<typeof openRequestSpan>[1], ratio = 1) =>
  openRequestSpan(traceId, of, ratio, () => "f".repeat(32));

describe("the span of a request", () => {
  test("is a child of the caller's, recorded where that one is, whatever the ratio says", () => {
    expect(open(TRACE, context(1), 0)).toEqual({
      traceId: TRACE,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: SPAN,
      flags: 1,
      tracestate: "a=1",
      baggage: "b=2",
      continues: undefined,
    });
    expect(open(TRACE, context(0), 1).flags).toBe(0);
  });

  test("is the root of a trace where nobody sent one, under the id that the request is known by", () => {
    expect(open(TRACE, undefined)).toMatchObject({ traceId: TRACE, parentSpanId: undefined, flags: 1, baggage: undefined });
    expect(open(TRACE, { parent: undefined, tracestate: undefined, baggage: "b=2" })).toMatchObject({ traceId: TRACE, baggage: "b=2" });
  });

  test("has an id of its own where the request's is none of a trace", () => {
    for (const id of ["my-own-trace", "0".repeat(32), TRACE.toUpperCase()]) expect(open(id, undefined).traceId).toBe("f".repeat(32));
  });

  test("is recorded for a part of all traces, the same ones for every gateway", () => {
    const ids = Array.from({ length: 2000 }, newTraceId);
    const recorded = ids.filter((id) => open(id, undefined, 0.25).flags === 1);
    // 25 of 100, give or take six times the deviation.
    expect(recorded.length).toBeGreaterThan(380);
    expect(recorded.length).toBeLessThan(620);
    expect(ids.filter((id) => open(id, undefined, 0.25).flags === 1)).toEqual(recorded);
    expect(ids.some((id) => open(id, undefined, 0).flags === 1)).toBe(false);
    expect(ids.every((id) => open(id, undefined, 1).flags === 1)).toBe(true);
  });
});

test("what is asked within a span is told of that span, and carries the rest along", () => {
  const span = open(TRACE, context(1));
  span.continues = context(1).parent;
  const child = openChild(span);
  expect(child).toMatchObject({ traceId: TRACE, parentSpanId: span.spanId, flags: 1, continues: undefined });
  expect(child.spanId).not.toBe(span.spanId);
  expect(propagatedOf(child)).toEqual({ traceparent: `00-${TRACE}-${child.spanId}-01`, tracestate: "a=1", baggage: "b=2" });
});

test("without spans of our own the caller's context goes on as it came", () => {
  expect(passedOn(context(1))).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "a=1", baggage: "b=2" });
  expect(passedOn({ parent: undefined, tracestate: undefined, baggage: "b=2" })).toEqual({
    traceparent: undefined,
    tracestate: undefined,
    baggage: "b=2",
  });
});
