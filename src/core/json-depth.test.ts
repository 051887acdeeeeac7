import { expect, test } from "bun:test";
import fc from "fast-check";
import { isNestedDeeper } from "./json-depth.ts";

test("brackets of both kinds count, and those in strings do not", () => {
  expect(isNestedDeeper('{"a":[{"b":[]}]}', 3)).toBe(true);
  expect(isNestedDeeper('{"a":[{"b":[]}]}', 4)).toBe(false);
  expect(isNestedDeeper('{"a":"[[[[[[[[[[[["}', 1)).toBe(false);
  expect(isNestedDeeper('["\\"[[[[[[","\\\\",[[]]]', 2)).toBe(true);
  expect(isNestedDeeper('["\\"[[[[[[","\\\\",[[]]]', 3)).toBe(false);
  expect(isNestedDeeper("[][][][][][][][]", 1)).toBe(false);
});

test("what is no JSON is looked at without harm", () => {
  expect(isNestedDeeper("[".repeat(100_000), 128)).toBe(true);
  expect(isNestedDeeper(`"${"[".repeat(100_000)}`, 128)).toBe(false);
  expect(isNestedDeeper("]".repeat(1000), 8)).toBe(false);
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("of any JSON the answer is the one that its value gives", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (text, max) => {
      expect(isNestedDeeper(text, max)).toBe(depthOf(JSON.parse(text)) > max);
    }),
  );
});
