import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { findLoss } from "./find-loss.ts";

describe("what a parsed value keeps", () => {
  const kept = [
    "{}",
    "[]",
    '"9007199254740993"',
    "[9007199254740991, -9007199254740991, 0, -0, 1.5, 1e3, 0.1234567890123456789, 9e15]",
    '{"a":{"a":[{"a":1},{"a":1}]},"b":"{\\"a\\":1,\\"a\\":1} 99999999999999999999"}',
    '{"\\u0061b":1,"ab ":2}',
    '{"":{"":1}}',
  ];
  test.each(kept)("%s", (text) => expect(findLoss(text)).toBeUndefined());
});

describe("what it loses", () => {
  const lost: readonly (readonly [text: string, why: string])[] = [
    ["9007199254740992", "the number 9007199254740992 is beyond what is kept exactly"],
    ['{"a":[ {"b" : -9007199254740993 } ]}', "the number -9007199254740993"],
    ["[1e300]", "the number 1e300"],
    ["[1E400]", "the number 1E400"],
    ["[12345678901234567890.0]", "the number 12345678901234567890.0"],
    ['{"a":1,"b":2,"a":1}', 'the key "a" stands twice'],
    ['[{"x":{"a":1,"\\u0061":2}}]', 'the key "\\u0061" stands twice'],
    ['{"a" : [1] , "a"\n: [1]}', 'the key "a" stands twice'],
    ['{"__proto__":1,"__proto__":2}', 'the key "__proto__" stands twice'],
  ];
  test.each(lost)("%s", (text, why) => expect(findLoss(text)).toStartWith(why));
});

const exact = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(exact);
};

test("of any JSON that was written from a value nothing is lost but its large integers", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(findLoss(text) === undefined).toBe(exact(JSON.parse(text)));
    }),
    { numRuns: 1000 },
  );
});
