import { expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, nearest } from "./nearest.ts";

test("a slip of the fingers finds the word", () => {
  expect(nearest("tets", ["up", "test"])).toEqual(["test"]);
  expect(nearest("evo.content.serach", ["evo.content.search", "evo.content.get"])).toEqual(["evo.content.search"]);
});

test("a name without its server finds the name with it", () => {
  expect(nearest("evo.content.search", ["content__evo.content.search", "files__read_file"])).toEqual(["content__evo.content.search"]);
});

test("a word like no other finds nothing", () => {
  expect(nearest("kubernetes", ["up", "test"])).toEqual([]);
  expect(nearest("", ["up"])).toEqual([]);
  expect(nearest("xy", ["up"])).toEqual([]);
});

test("the best come first and no more than asked for", () => {
  expect(nearest("serch", ["perch", "search", "birch", "serch2"], 2)).toEqual(["perch", "search"]);
});

test("a distance is symmetric, zero only for equal words and never more than the longer one", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
