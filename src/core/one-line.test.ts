import { expect, test } from "bun:test";
import { oneLine } from "./one-line.ts";

test("lines, terminal escapes and direction marks become spaces", () => {
  expect(oneLine(" a\r\n\tb\u001b[31mred\u0007\u202etfel ")).toBe("a b [31mred tfel");
});

test("a long text is cut and says so", () => {
  expect(oneLine("x".repeat(300), 10)).toBe(`${"x".repeat(10)}…`);
  expect(oneLine("x".repeat(10), 10)).toBe("x".repeat(10));
  expect(oneLine(`${" ".repeat(100)}x`, 10)).toBe("…");
});
