import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { paramsWithTrace } from "./params-with-trace.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ONLY = { traceparent: PARENT, tracestate: undefined, baggage: undefined };
const ALL = { traceparent: PARENT, tracestate: "a=1", baggage: 'b="2"' };

describe("where it is to be put in", () => {
  test.each([
    [undefined, `{"_meta":{"traceparent":"${PARENT}"}}`],
    ["{}", `{"_meta":{"traceparent":"${PARENT}"}}`],
    ['{"name":"a"}', `{"_meta":{"traceparent":"${PARENT}"},"name":"a"}`],
    [' { "name" : "a" } ', ` {"_meta":{"traceparent":"${PARENT}"}, "name" : "a" } `],
    ['{"_meta":{},"n":1}', `{"_meta":{"traceparent":"${PARENT}"},"n":1}`],
    ['{"_meta":{ "progressToken": 1.0 }}', `{"_meta":{"traceparent":"${PARENT}", "progressToken": 1.0 }}`],
    ['{"_meta":{"traceparent":"old","x":1}}', `{"_meta":{"traceparent":"${PARENT}","x":1}}`],
    ['{"_meta":null}', '{"_meta":null}'],
    ['{"arguments":{"_meta":{}}}', `{"_meta":{"traceparent":"${PARENT}"},"arguments":{"_meta":{}}}`],
  ])("%p becomes %p", (params, expected) => {
    expect(paramsWithTrace(params, ONLY, true)).toBe(expected);
  });

  test("all parts that there are stand there, those that stood there replaced", () => {
    const text = paramsWithTrace('{"_meta":{"baggage":"old","traceparent":7,"z":[1]},"n":1}', ALL, true) ?? "";
    expect(JSON.parse(text)).toEqual({ _meta: { ...ALL, z: [1] }, n: 1 });
  });
});

describe("where it is only kept right", () => {
  test.each([
    [undefined],
    ['{"name":"a"}'],
    ['{"_meta":{"progressToken":1}}'],
    ['{"arguments":{"traceparent":"mine"}}'],
    ['{"_meta":{"x":{"traceparent":"mine"}}}'],
  ])("%p stays as it is", (params) => {
    expect(paramsWithTrace(params, ALL, false)).toBe(params as string);
  });

  test("what the caller put there is replaced, whatever way its key is written", () => {
    expect(paramsWithTrace('{"_meta":{"traceparent":"old"}}', ALL, false)).toBe(`{"_meta":{"traceparent":"${PARENT}"}}`);
    expect(paramsWithTrace('{"_meta":{"\\u0074raceparent":"old"}}', ONLY, false)).toBe(`{"_meta":{"\\u0074raceparent":"${PARENT}"}}`);
  });
});

test("nothing to tell changes nothing", () => {
  const none = { traceparent: undefined, tracestate: undefined, baggage: undefined };
  expect(paramsWithTrace('{"_meta":{"traceparent":"old"}}', none, true)).toBe('{"_meta":{"traceparent":"old"}}');
});

test("whatever the params hold, only the context differs", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (rest, meta, indent) => {
      const params = { ...rest, _meta: meta };
      const text = JSON.stringify(params, null, indent);
      const expected = { ...(JSON.parse(text) as object), _meta: { ...JSON.parse(JSON.stringify(meta)), ...ONLY_TEXT } };
      expect(JSON.parse(paramsWithTrace(text, ONLY, true) ?? "")).toEqual(expected);
    }),
  );
});

const ONLY_TEXT = { traceparent: PARENT };
