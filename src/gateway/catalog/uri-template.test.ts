import { expect, test } from "bun:test";
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
