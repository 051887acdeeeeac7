import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";

test.each(["get_weather", "file:///a b.txt", "=?base64?", "?=", "a\tb", "~"])("%j travels as it is", (value) => {
  expect(encodeHeaderValue(value)).toBe(value);
});

test.each([
  ["", "=?base64??="],
  ["größe", "=?base64?Z3LDtsOfZQ==?="],
  [" padded", "=?base64?IHBhZGRlZA==?="],
  ["a\nb", "=?base64?YQpi?="],
  ["=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="],
])("%j travels as %s", (value, encoded) => {
  expect(encodeHeaderValue(value)).toBe(encoded);
});

test("whatever the text, the header is one line of ASCII that says it and nothing else", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      const encoded = encodeHeaderValue(value);
      expect(encoded).toMatch(/^[\t\x20-\x7e]+$/);
      expect(encoded.trim()).toBe(encoded);
      const inner = /^=\?base64\?(.*)\?=$/.exec(encoded)?.[1];
      expect(inner === undefined ? encoded : Buffer.from(inner, "base64").toString("utf8")).toBe(value);
    }),
  );
});

test("what was encoded is decoded, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (value) => decodeHeaderValue(encodeHeaderValue(value)) === value));
});

test.each([["=?base64?YQ?="], ["=?base64?YQ=?="], ["=?base64?Y Q==?="], ["=?base64?gA==?="], ["=?base64?YQ==\n?="]])(
  "%j is no value",
  (header) => {
    expect(decodeHeaderValue(header)).toBeUndefined();
  },
);

test("a value of its own is taken as it is, less the space around it", () => {
  expect(decodeHeaderValue(" \ta b\t ")).toBe("a b");
  expect(decodeHeaderValue("=?base64?")).toBe("=?base64?");
});
