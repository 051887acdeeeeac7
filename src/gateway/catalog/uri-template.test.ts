import { expect, test } from "bun:test";
import fc from "fast-check";
import { mayMatchTemplate } from "./uri-template.ts";

test("a URI that a template can make matches and another does not", () => {
  expect(mayMatchTemplate("file:///{path}", "file:///a/b.txt")).toBe(true);
  expect(mayMatchTemplate("test://template/{id}/data", "test://template/7/data")).toBe(true);
  expect(mayMatchTemplate("x://{a}/m/{b}", "x://1/m/2")).toBe(true);
  expect(mayMatchTemplate("x://fixed", "x://fixed")).toBe(true);
  expect(mayMatchTemplate("x://fixed", "x://fixed/more")).toBe(false);
  expect(mayMatchTemplate("test://template/{id}/data", "test://template/7/other")).toBe(false);
  expect(mayMatchTemplate("x://{a}/m/{b}", "x://1/2")).toBe(false);
  expect(mayMatchTemplate("ab{x}bc", "abc")).toBe(false);
});

test("a hostile template costs no more than its length", () => {
  const template = `x:${"{a}b".repeat(2000)}`;
  expect(mayMatchTemplate(template, `x:${"b".repeat(1999)}`)).toBe(false);
  expect(mayMatchTemplate(template, `x:${"b".repeat(2000)}`)).toBe(true);
});

test("every expansion of a template fits it, whatever stands for its expressions", () => {
  const literal = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[{}]/g, ""));
  const part = fc.tuple(fc.constantFrom("{id}", "{+path}", "{?a,b}", "{}"), fc.string({ unit: "grapheme" }), literal);
  fc.assert(
    fc.property(literal, fc.array(part, { maxLength: 5 }), (first, parts) => {
      const template = first + parts.map(([expression, , after]) => expression + after).join("");
      const uri = first + parts.map(([, value, after]) => value + after).join("");
      expect(mayMatchTemplate(template, uri)).toBe(true);
    }),
  );
});
