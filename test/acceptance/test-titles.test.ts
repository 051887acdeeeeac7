import { expect, test } from "bun:test";
import { testTitles } from "./test-titles.ts";

test("every way to write a test gives its title", () => {
  const text = [
    'test("plain", () => {});',
    "it('quoted \\'inside\\'', () => {});",
    "test(`template`, async () => {});",
    'test.each([["a", (x) => f(x)]])("each %s", () => {});',
    'test.concurrent("together", () => {});',
    'requires(await has("nginx"), "no nginx")("with nginx", () => {});',
    'testWithBuf("with buf", () => {});',
    'describe("group", () => { test("inner", () => {}); });',
  ].join("\n");
  expect(testTitles(text)).toEqual(["plain", "quoted 'inside'", "template", "each %s", "together", "with nginx", "with buf", "inner"]);
});

test("what proves nothing gives no title", () => {
  const text = [
    'test.skip("skipped", () => {});',
    'test.todo("later");',
    'test.skip.each([1])("skipped each", () => {});',
    '// test("in a comment", () => {});',
    "const text = 'test(\"in a text\")';",
    'pattern.test("not a test");',
    'requires(true, "only the condition");',
    'expect("value");',
  ].join("\n");
  expect(testTitles(text)).toEqual([]);
});
