import { expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import { type DispatchIdentity, dispatchHashes } from "./dispatch-hashes.ts";

const CALL: DispatchIdentity = {
  principal: "token:tok_1",
  target: "server:content",
  idempotencyKey: "k-1",
  method: "tools/call",
  params: { name: "evo.content.search", arguments: { limit: 1 } },
};

test("the one text of a value has sorted keys and no white space", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "é\n" }], a: { "": true, "10": -0, "9": 1.5 } })).toBe(
    '{"a":{"":true,"10":0,"9":1.5},"b":[1,{"c":"é\\n","d":null}]}',
  );
  expect(canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1}}');
});

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reordered(member)]),
  );
}

test("it stands for its value: no order of keys changes it, and reading it gives the value back", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (written) => {
      const value = JSON.parse(JSON.stringify(written));
      const text = canonicalJson(value);
      expect(canonicalJson(reordered(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

test("two values share a text only where they are the same", () => {
  const small = fc.jsonValue({ maxDepth: 2, noUnicodeString: true });
  fc.assert(
    fc.property(small, small, (one, other) => {
      const [a, b] = [one, other].map((value) => JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(a) === canonicalJson(b)).toBe(Bun.deepEquals(a, b));
    }),
    { numRuns: 1000 },
  );
});

test("a payload is told by principal, target, method and params, and not by its key", () => {
  const { payloadHash, keyHash } = dispatchHashes(CALL);
  // printf '%s' '{"method":…}' | sha256sum
  const written =
    '{"method":"tools/call","params":{"arguments":{"limit":1},"name":"evo.content.search"},"principal":"token:tok_1","target":"server:content"}';
  expect(payloadHash).toBe(new Bun.CryptoHasher("sha256").update(written).digest("hex"));
  expect(dispatchHashes({ ...CALL, idempotencyKey: "k-2" }).payloadHash).toBe(payloadHash);
  expect(dispatchHashes({ ...CALL, params: { arguments: { limit: 1 }, name: "evo.content.search" } }).payloadHash).toBe(payloadHash);
  const others = [{ principal: "token:tok_2" }, { target: "project:content" }, { method: "prompts/get" }, { params: {} }];
  for (const other of others) expect(dispatchHashes({ ...CALL, ...other }).payloadHash).not.toBe(payloadHash);
  expect(dispatchHashes({ ...CALL, params: {}, method: "prompts/get" }).keyHash).toBe(keyHash);
  for (const other of [{ principal: "x" }, { target: "x" }, { idempotencyKey: "K-1" }])
    expect(dispatchHashes({ ...CALL, ...other }).keyHash).not.toBe(keyHash);
});
