import { expect, test } from "bun:test";
import { areasApart } from "./areas-apart.ts";

const check = (path: string, text: string) => areasApart([{ path, text }]);

test("an area that imports another area is caught, a type-only import and a test included", () => {
  const text = 'import type { Project } from "../control/project/project.ts";';
  expect(check("src/gateway/a.ts", text)).toMatchObject([{ path: "src/gateway/a.ts", line: 1, rule: "areas-apart" }]);
  expect(check("src/gateway/a.test.ts", text)).toHaveLength(1);
});

test("an area may import itself and what lies below it, and main may import them all", () => {
  expect(check("src/gateway/http/a.ts", 'import { a } from "../pipeline.ts"; import { b } from "../../api/b.ts";')).toEqual([]);
  expect(check("src/main/up.ts", 'import { a } from "../gateway/a.ts"; import { b } from "../control/b.ts";')).toEqual([]);
});

test("a test under test/ may join areas", () => {
  expect(check("test/e2e/a.test.ts", 'import { a } from "../../src/gateway/a.ts"; import { b } from "../../src/control/b.ts";')).toEqual(
    [],
  );
});
