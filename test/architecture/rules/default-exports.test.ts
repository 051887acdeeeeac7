import { expect, test } from "bun:test";
import { defaultExports } from "./default-exports.ts";

const check = (text: string) => defaultExports([{ path: "src/cli/a.ts", text }]);

test("a default export is caught in each of its forms", () => {
  expect(check("\nexport default function a() {}")).toMatchObject([{ path: "src/cli/a.ts", line: 2, rule: "default-exports" }]);
  expect(check("export { a as default };")).toHaveLength(1);
  expect(check('export { default as default } from "./b.ts";')).toHaveLength(1);
  expect(check("export = a;")).toHaveLength(1);
});

test("a named export, a default import and a switch's default pass", () => {
  expect(check('import b from "b"; export { b }; export { default as c } from "c";')).toEqual([]);
  expect(check("export const a = (x: number) => { switch (x) { default: return 1; } };")).toEqual([]);
  expect(check('const text = "export default 1"; // export default 2')).toEqual([]);
});
