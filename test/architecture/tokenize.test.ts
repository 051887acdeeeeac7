import { expect, test } from "bun:test";
import { tokenize } from "./tokenize.ts";

const texts = (source: string): readonly string[] => tokenize(source).map((token) => token.text);

test("comments leave no tokens and still count their lines", () => {
  expect(tokenize("#!/usr/bin/env bun\n// one\n/* two\nthree */ word")).toEqual([{ kind: "word", text: "word", line: 4 }]);
});

test("a string that looks like a comment or an import stays one token", () => {
  expect(texts(`a = 'import "x" // y'; b`)).toEqual(["a", "=", 'import "x" // y', ";", "b"]);
});

test("an escaped quote does not end its string", () => {
  expect(texts(String.raw`"a\"b" c`)).toEqual([String.raw`a\"b`, "c"]);
});

test("a quote inside a regular expression does not start a string", () => {
  expect(tokenize(`a = /['"\`/]/g; b`).map((token) => token.kind)).toEqual(["word", "punctuation", "regex", "punctuation", "word"]);
});

test("a division is not taken for a regular expression", () => {
  expect(texts("a / b / c")).toEqual(["a", "/", "b", "/", "c"]);
});

test("the code in a template's hole is read, nested templates and braces included", () => {
  const source = ["`a $", "{ f({ b: `$", "{c}` }) } d`; e"].join("");
  expect(texts(source).slice(1)).toEqual(["f", "(", "{", "b", ":", `$${"{c}"}`, "c", "}", ")", ";", "e"]);
});

test("a template that does not end is refused with the line it starts on", () => {
  expect(() => tokenize("\n\n`abc\n")).toThrow("line 3");
});
