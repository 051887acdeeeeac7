import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { acceptTraceContext, formatTraceparent, parseTraceparent, traceContextInMeta } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;

describe("a traceparent", () => {
  test("is read, and written in version 00", () => {
    expect(parseTraceparent(PARENT)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 255 });
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, flags: 0 })).toBe(`00-${TRACE}-${SPAN}-00`);
  });

  test("of a later version may have more behind its flags, one of version 00 may not", () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
    expect(parseTraceparent(`${PARENT}-more`)).toBeUndefined();
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01more`)).toBeUndefined();
  });

  test.each([
    "",
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0g`,
    ` ${PARENT}`,
    `${PARENT}, ${PARENT}`,
  ])("%j is none", (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  test("that is read is written as it was, and nothing else ever throws", () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    fc.assert(
      fc.property(hex(32), hex(16), fc.nat(255), (traceId, spanId, flags) => {
        fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId));
        expect(parseTraceparent(formatTraceparent({ traceId, spanId, flags }))).toEqual({ traceId, spanId, flags });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void parseTraceparent(text)));
  });
});

describe("what may be passed on", () => {
  test("is all three, each as it came", () => {
    expect(acceptTraceContext(PARENT, "vendor=1,other=2", "user=ann")).toEqual({
      parent: { traceId: TRACE, spanId: SPAN, flags: 1 },
      tracestate: "vendor=1,other=2",
      baggage: "user=ann",
    });
  });

  test("is no tracestate without a parent, and nothing where there is nothing", () => {
    expect(acceptTraceContext("junk", "vendor=1", null)).toBeUndefined();
    expect(acceptTraceContext(null, "vendor=1", "user=ann")).toEqual({ parent: undefined, tracestate: undefined, baggage: "user=ann" });
    expect(acceptTraceContext(null, null, null)).toBeUndefined();
  });

  test("is no tracestate over 512 characters and no baggage over 8,192", () => {
    expect(acceptTraceContext(PARENT, "a".repeat(512), "b".repeat(8192))).toMatchObject({
      tracestate: "a".repeat(512),
      baggage: "b".repeat(8192),
    });
    expect(acceptTraceContext(PARENT, "a".repeat(513), "b".repeat(8193))).toMatchObject({ tracestate: undefined, baggage: undefined });
  });

  test.each(["a=1\r\nauthorization: x", "a=\u0000", "a=ü", ""])("is nothing that a header cannot hold: %j", (text) => {
    expect(acceptTraceContext(PARENT, text, text)).toMatchObject({ tracestate: undefined, baggage: undefined });
  });
});

test("a message carries it under the same names in its _meta; what is no text is nothing", () => {
  expect(traceContextInMeta({ traceparent: PARENT, tracestate: "a=1", baggage: "b=2", progressToken: 1 })).toEqual({
    parent: { traceId: TRACE, spanId: SPAN, flags: 1 },
    tracestate: "a=1",
    baggage: "b=2",
  });
  for (const meta of [undefined, null, "x", 7, [], {}, { traceparent: 7 }, { traceparent: [PARENT] }])
    expect(traceContextInMeta(meta)).toBeUndefined();
});
