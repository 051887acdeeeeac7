import { expect, test } from "bun:test";
import fc from "fast-check";
import { type GlobText, matchesAnyGlob, matchesGlob } from "./glob.ts";

test.each([
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["**", "abc", true],
  ["?", "", false],
  ["?", "a", true],
  ["?", "ab", false],
  ["a*", "abc", true],
  ["a*", "bac", false],
  ["*c", "abc", true],
  ["*c", "abcd", false],
  ["a*b*c", "a1b2c", true],
  ["a*b*c", "a1c2b", false],
  ["a?c", "abc", true],
  ["delete_*", "delete_user", true],
  ["delete_*", "undelete_user", false],
  ["*.delete", "evo.content.delete", true],
  ["crm__*", "crm__list", true],
  // Nothing but * and ? is special, and case counts.
  ["a.c", "abc", false],
  ["[ab]", "a", false],
  ["a+", "aa", false],
  ["\\*", "*", false],
  ["Delete", "delete", false],
  ["*ab", "aab", true],
  ["*aab", "aaab", true],
  ["a*?", "a", false],
])("pattern %p on %p: %p", (pattern, text, fits) => {
  expect(matchesGlob(pattern, text)).toBe(fits);
});

test("one pattern of several is enough, and none opens nothing", () => {
  expect(matchesAnyGlob(["a", "b*"], "bc")).toBe(true);
  expect(matchesAnyGlob(["a", "b*"], "cb")).toBe(false);
  expect(matchesAnyGlob([], "a")).toBe(false);
});

const letters = fc.constantFrom("a", "b", "*", "?", ".");
const patterns = fc.string({ unit: letters, maxLength: 12 });
const texts = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 20 });

/** The same by trying every way: slow, and plainly right. */
function matchesSlowly(pattern: string, text: string): boolean {
  const [first] = pattern;
  if (first === undefined) return text === "";
  if (first === "*") return matchesSlowly(pattern.slice(1), text) || (text !== "" && matchesSlowly(pattern, text.slice(1)));
  return text !== "" && (first === "?" || first === text[0]) && matchesSlowly(pattern.slice(1), text.slice(1));
}

test("it says what trying every way says", () => {
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      expect(matchesGlob(pattern, text)).toBe(matchesSlowly(pattern, text));
    }),
    { numRuns: 2000 },
  );
});

/** Counts how often a unit of the text or the pattern is looked at. */
function steps(pattern: string, text: string): number {
  let count = 0;
  const counted = (of: string): GlobText => ({
    length: of.length,
    charCodeAt(at) {
      count += 1;
      return of.charCodeAt(at);
    },
  });
  matchesGlob(counted(pattern), counted(text));
  return count;
}

test("no pattern takes more steps than its length for each unit of the text (security rule 10)", () => {
  const long = fc.string({ unit: letters, maxLength: 200 });
  const target = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 500 });
  fc.assert(
    fc.property(long, target, (pattern, text) => {
      expect(steps(pattern, text)).toBeLessThanOrEqual(2 * (text.length + 1) * (pattern.length + 1));
    }),
    { numRuns: 500 },
  );
});

test.each(["*a*a*a*a*a*a*b", "a*a*a*a*a*a*a*a*a*c", `*${"a".repeat(100)}b`, "*?*?*?*?*?*b"])(
  "a text of twice the length takes about twice the steps of pattern %p",
  (pattern) => {
    const [once, twice] = [steps(pattern, "a".repeat(5000)), steps(pattern, "a".repeat(10_000))];
    expect(twice).toBeLessThanOrEqual(2.1 * once);
  },
);
