import { expect, test } from "bun:test";
import fc from "fast-check";
import { printableJson } from "./printable-json.ts";

const text = fc.string({ unit: fc.constantFrom("\u009b", "\u007f", "\u202e", "\u2028", "\u001b", '"', "\\", "a"), maxLength: 20 });

test("it is the same value, and holds nothing that moves a terminal or turns text", () => {
  fc.assert(
    fc.property(text, text, (key, value) => {
      const json = printableJson({ [key]: [value] });
      expect(json).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      expect(JSON.parse(json)).toEqual({ [key]: [value] });
    }),
  );
  expect(printableJson({ a: [1, "\u009b2J"] }, 2)).toBe('{\n  "a": [\n    1,\n    "\\u009b2J"\n  ]\n}');
});
