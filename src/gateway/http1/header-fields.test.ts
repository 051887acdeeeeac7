import { expect, test } from "bun:test";
import { optionsOf, parseFields, trimBlanks } from "./header-fields.ts";

const fields = (...lines: readonly string[]) => {
  const parsed = parseFields(["GET / HTTP/1.1", ...lines]);
  return parsed === undefined ? undefined : Object.fromEntries(parsed);
};

test("names are told in lower case, values without the blanks around them, repeated ones in their order", () => {
  expect(fields("A:1", "B-c: \t two words\t ", "a: 2", "empty:")).toEqual({ a: "1, 2", "b-c": "two words", empty: "" });
  expect(fields()).toEqual({});
});

test.each(["a : 1", "a\t: 1", ": 1", "a", " a: 1", "a b: 1", "a: 1\n", "a: 1\r", "a: \0", "a\x7f: 1", "a: \x7f", ""])(
  "a malformed line spoils all of them: %j",
  (line) => {
    expect(fields("good: 1", line)).toBeUndefined();
  },
);

test("blanks are spaces and tabs, and nothing else is", () => {
  expect(trimBlanks(" \tx\xa0 ")).toBe("x\xa0");
  expect(trimBlanks(" \t ")).toBe("");
});

test("a list of options is told apart at its commas", () => {
  expect(optionsOf("Keep-Alive ,\tCLOSE,,x")).toEqual(["keep-alive", "close", "", "x"]);
  expect(optionsOf(undefined)).toEqual([]);
});
