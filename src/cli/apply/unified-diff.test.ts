import { expect, test } from "bun:test";
import fc from "fast-check";
import { unifiedDiff } from "./unified-diff.ts";

const lines = (...parts: string[]) => parts.map((part) => `${part}\n`).join("");

test("a changed line stands with three lines around it", () => {
  const from = lines("a", "b", "c", "d", "e", "f", "g", "h", "i");
  expect(unifiedDiff("old", "new", from, from.replace("e", "E"))).toBe(
    lines("--- old", "+++ new", "@@ -2,7 +2,7 @@", " b", " c", " d", "-e", "+E", " f", " g", " h"),
  );
});

test("changes that lie apart are hunks of their own", () => {
  const from = lines(...Array.from({ length: 20 }, (_, at) => `l${at}`));
  const text = unifiedDiff("old", "new", from, from.replace("l1\n", "").replace("l18\n", "l18\nnew\n"));
  expect(text.match(/^@@.*@@$/gm)).toEqual(["@@ -1,5 +1,4 @@", "@@ -17,4 +16,5 @@"]);
});

test("what is new is all added, and the same is no diff", () => {
  expect(unifiedDiff("/dev/null", "new", "", "a\nb\n")).toBe(lines("--- /dev/null", "+++ new", "@@ -0,0 +1,2 @@", "+a", "+b"));
  expect(unifiedDiff("old", "new", "a\n", "a\n")).toBe("");
});

test("the lines that a diff keeps and takes are the old text, those that it keeps and adds the new", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 8 });
  fc.assert(
    fc.property(text, text, (from, to) => {
      const diff = unifiedDiff("old", "new", lines(...from), lines(...to));
      if (from.join("\n") === to.join("\n") && from.length === to.length) return expect(diff).toBe("");
      const body = diff
        .split("\n")
        .slice(2, -1)
        .filter((line) => !line.startsWith("@@"));
      const of = (marks: string) => body.filter((line) => marks.includes(line.charAt(0))).map((line) => line.slice(1));
      // With so few lines one hunk holds everything that is not far from a change.
      const contains = (whole: readonly string[], part: readonly string[]) => part.every((line) => whole.includes(line));
      expect(contains(from, of(" -")) && contains(to, of(" +"))).toBe(true);
      expect(of("+").length - of("-").length).toBe(to.length - from.length);
    }),
  );
});
