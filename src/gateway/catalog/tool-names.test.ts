import { expect, test } from "bun:test";
import fc from "fast-check";
import { planToolNames } from "./tool-names.ts";

const plan = (owns: readonly string[], renames: Readonly<Record<string, string>>) => {
  const { shown, kept } = planToolNames(owns, new Map(Object.entries(renames)));
  return { shown: Object.fromEntries(shown), kept };
};

test("a tool gets its new name, and the others keep theirs", () => {
  expect(plan(["a", "b"], { a: "x", gone: "y" })).toEqual({ shown: { a: "x", b: "b" }, kept: [] });
});

test("two tools may trade names, and one may take a name that was given up", () => {
  expect(plan(["a", "b"], { a: "b", b: "a" })).toEqual({ shown: { a: "b", b: "a" }, kept: [] });
  expect(plan(["a", "b"], { a: "b", b: "c" })).toEqual({ shown: { a: "b", b: "c" }, kept: [] });
});

test("a name that its server gives to a tool stays that tool's", () => {
  expect(plan(["a", "b"], { a: "b" })).toEqual({ shown: { a: "a", b: "b" }, kept: ["a"] });
  expect(plan(["b", "a"], { a: "b" })).toEqual({ shown: { a: "a", b: "b" }, kept: ["a"] });
});

test("of two that are to get one name the later keeps its own", () => {
  expect(plan(["a", "b"], { a: "x", b: "x" })).toEqual({ shown: { a: "x", b: "b" }, kept: ["b"] });
});

test("a tool that keeps its own name keeps it from others too", () => {
  // c is taken, so b stays b, so a cannot be b.
  expect(plan(["a", "b", "c"], { a: "b", b: "c" })).toEqual({ shown: { a: "a", b: "b", c: "c" }, kept: ["a", "b"] });
});

test("whatever is renamed to what, no two tools have one name, each has its own or its new one, and most renames hold", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 6 }), fc.dictionary(name, name), (owns, renames) => {
      const { shown, kept } = plan(owns, renames);
      expect(Object.keys(shown).sort()).toEqual([...owns].sort());
      expect(new Set(Object.values(shown)).size).toBe(owns.length);
      for (const own of owns) expect(shown[own]).toBe(kept.includes(own) || renames[own] === undefined ? own : renames[own]);
      // What was refused is another tool's.
      for (const own of kept)
        expect(Object.entries(shown).some(([other, its]) => other !== own && its === renames[own]) || renames[own] === own).toBe(true);
    }),
  );
});
