import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseBody } from "./envelope.ts";

test("a request keeps its id and params as the text in which they came", () => {
  expect(parseBody('{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call","params":{"name":"a","n":1.0}}')).toMatchObject({
    kind: "request",
    idText: "12345678901234567890",
    method: "tools/call",
    paramsText: '{"name":"a","n":1.0}',
  });
  expect(parseBody('{"jsonrpc":"2.0","id":"x","method":"ping"}')).toMatchObject({ kind: "request", idText: '"x"', paramsText: undefined });
});

test("notifications and responses are told apart from requests", () => {
  expect(parseBody('{"jsonrpc":"2.0","method":"notifications/initialized"}')).toMatchObject({ kind: "notification" });
  expect(parseBody('{"jsonrpc":"2.0","id":1,"result":{}}')).toMatchObject({ kind: "response", idText: "1" });
  expect(parseBody('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}')).toMatchObject({ kind: "response" });
});

test("broken JSON is -32700 and a broken envelope -32600", () => {
  expect(parseBody("{")).toMatchObject({ kind: "invalid", code: -32700 });
  expect(parseBody("")).toMatchObject({ kind: "invalid", code: -32700 });
  const broken = [
    "1",
    "null",
    "[]",
    "{}",
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":null,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
    '{"jsonrpc":"2.0","id":1}',
  ];
  for (const text of broken) expect(parseBody(text)).toMatchObject({ kind: "invalid", code: -32600 });
});

test("a key that stands twice where it decides something is refused", () => {
  const smuggled = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"allowed","name":"denied"}}';
  expect(parseBody(smuggled)).toMatchObject({ kind: "invalid", code: -32600 });
  const elsewhere = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"x":2}}}';
  expect(parseBody(elsewhere)).toMatchObject({ kind: "request" });
});

test("a batch is read message by message", () => {
  const batch = parseBody(' [ {"jsonrpc":"2.0","id":1,"method":"ping"}, 7, {"jsonrpc":"2.0","method":"n"} ]');
  expect(batch).toMatchObject({ kind: "batch", items: [{ kind: "request", idText: "1" }, { kind: "invalid" }, { kind: "notification" }] });
});

test("no text makes the parser throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseBody(text).kind === "string"));
});
