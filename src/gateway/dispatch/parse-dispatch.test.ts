import { describe, expect, test } from "bun:test";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { parseDispatch } from "./parse-dispatch.ts";

const MAX_DEPTH = 16;

test("the params keep their text, and an envelope of JSON-RPC says nothing", () => {
  const text = '{"jsonrpc":"2.0", "id":7, "params" : {"name":"a", "arguments":{"x":1.0}}, "method":"tools/call"}';
  expect(parseDispatch(text, MAX_DEPTH)).toEqual({
    method: "tools/call",
    params: { name: "a", arguments: { x: 1 } },
    priority: "normal",
    paramsText: '{"name":"a", "arguments":{"x":1.0}}',
  });
  expect(parseDispatch('{"method":"resources/read"}', MAX_DEPTH)).toEqual({
    method: "resources/read",
    params: {},
    priority: "normal",
    paramsText: undefined,
  });
  expect(parseDispatch('{"method":"resources/read","priority":"high"}', MAX_DEPTH)).toMatchObject({ priority: "high" });
});

describe("400 invalid_payload for", () => {
  const bodies: readonly (readonly [body: string, why: RegExp])[] = [
    ["", /a JSON object/],
    ["{", /a JSON object/],
    ["[]", /a JSON object/],
    ["null", /a JSON object/],
    ["{}", /method must be one of tools\/call, prompts\/get, resources\/read/],
    ['{"method":"tools/list"}', /method must be one of/],
    ['{"method":"initialize","params":{}}', /method must be one of/],
    ['{"method":["tools/call"]}', /method must be one of/],
    ['{"method":"tools/call","params":[]}', /params must be an object/],
    ['{"method":"tools/call","params":null}', /params must be an object/],
    ['{"method":"tools/call","param":{}}', /no key "param"/],
    ['{"method":"tools/call","params":{"name":"a","arguments":{"id":9007199254740993}}}', /9007199254740993 is beyond/],
    ['{"method":"tools/call","params":{"name":"a","name":"b"}}', /"name" stands twice/],
    ['{"method":"tools/call","method":"tools/call","params":{}}', /"method" stands twice/],
    [`{"method":"tools/call","params":{"a":${"[".repeat(20)}${"]".repeat(20)}}}`, /deeper than 16/],
  ];
  test.each(bodies)("%s", (body, why) => {
    expect(parseDispatch(body, MAX_DEPTH)).toMatchObject({ status: 400, code: "invalid_payload", message: expect.stringMatching(why) });
  });
});

test("a key is 1-255 visible ASCII characters, and none is made up", () => {
  for (const key of ["a", "~!".repeat(127), "2f1c-…".slice(0, 5)]) {
    expect(idempotencyKeyOf(new Headers({ "idempotency-key": key }))).toBe(key);
  }
  for (const headers of [
    {},
    { "idempotency-key": "" },
    { "idempotency-key": "a b" },
    { "idempotency-key": "k".repeat(256) },
    { "idempotency-key": "é" },
  ])
    expect(idempotencyKeyOf(new Headers(headers as Record<string, string>))).toMatchObject({ status: 400, code: "invalid_payload" });
});
