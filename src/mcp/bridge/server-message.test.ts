import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseServerMessages, withId } from "./server-message.ts";

const ID = fc.oneof(fc.integer(), fc.string());
const MESSAGE = fc.oneof(
  fc.record({ jsonrpc: fc.constant("2.0"), id: ID, result: fc.jsonValue() }),
  fc.record({ jsonrpc: fc.constant("2.0"), id: ID, error: fc.record({ code: fc.integer(), message: fc.string() }) }),
  fc.record({ jsonrpc: fc.constant("2.0"), method: fc.string(), params: fc.jsonValue() }),
);

test("any message, however it is spread over lines, alone or in a batch, is one line that says the same", () => {
  fc.assert(
    fc.property(fc.array(MESSAGE, { minLength: 1, maxLength: 4 }), fc.nat(4), fc.boolean(), (messages, indent, alone) => {
      const sent = alone ? messages.slice(0, 1) : messages;
      const text = JSON.stringify(alone ? sent[0] : sent, null, indent);
      const lines = (parseServerMessages(text) ?? []).map(({ line }) => line);
      expect(lines.every((line) => !/[\r\n]/.test(line))).toBe(true);
      expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(sent)));
    }),
  );
});

test("nothing that is no JSON-RPC is a message", () => {
  for (const text of [
    "",
    "x",
    "7",
    "null",
    "[7]",
    "{}",
    '{"jsonrpc":"1.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","result":{}}',
  ]) {
    expect(parseServerMessages(text)).toBeUndefined();
  }
});

test.each([
  ['{"jsonrpc":"2.0","id": null ,"error":{}}', '{"jsonrpc":"2.0","id": 7 ,"error":{}}'],
  [' { "jsonrpc":"2.0","error":{"id":1}}', ' {"id":7, "jsonrpc":"2.0","error":{"id":1}}'],
])("an answer without an id gets one: %s", (line, answered) => {
  expect(withId(line, "7")).toBe(answered);
});
