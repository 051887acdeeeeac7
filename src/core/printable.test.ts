import { expect, test } from "bun:test";
import fc from "fast-check";
import { printable } from "./printable.ts";

test.each([
  ["  at foo (bar.ts:1)\tx", "  at foo (bar.ts:1)\tx"],
  ["\u001b[31mred\u001b[0m and \u001b[1;38:5:9mbold\u001b[m", "red and bold"],
  ["\u001b[2J\u001b]0;title\u0007", "\\x1b[2J\\x1b]0;title\\x07"],
  ["a\rb\nc", "a\\x0db\\x0ac"],
  ["\u009b31m", "\\x9b31m"],
  ["user\u202egnp.exe", "user\\u202egnp.exe"],
  ["naïve 日本 🙂", "naïve 日本 🙂"],
])("%j is shown as %j", (line, shown) => {
  expect(printable(line)).toBe(shown);
});

test("nothing that moves a cursor is ever left, and doing it twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (line) => {
      const shown = printable(line);
      expect(shown.replaceAll("\t", "")).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(printable(shown)).toBe(shown);
    }),
    { examples: [["\u001b\u001b[0m[0m"]] },
  );
});
