import { expect, test } from "bun:test";
import { importsOf, resolveImport } from "./imports.ts";
import { readSourceFiles } from "./read-source-files.ts";

const scan = (text: string) => importsOf({ path: "src/core/a.ts", text });
const specifiers = (text: string) => scan(text).map((found) => found.specifier);

test("every form of import is found with its line", () => {
  const text = [
    'import "./a.ts";',
    'import type { A } from "./b.ts";',
    'import B, { type C, d as e } from "./c.ts";',
    'import * as f from "./d.ts";',
    'export * from "./e.ts";',
    'export type { G } from "./f.ts";',
    'const h = await import("./g.ts");',
    'type I = import("./h.ts").I;',
    'const j = require("./i.ts");',
    "const k = await import(somewhere);",
  ].join("\n");
  expect(scan(text).map((found) => [found.line, found.specifier])).toEqual([
    [1, "./a.ts"],
    [2, "./b.ts"],
    [3, "./c.ts"],
    [4, "./d.ts"],
    [5, "./e.ts"],
    [6, "./f.ts"],
    [7, "./g.ts"],
    [8, "./h.ts"],
    [9, "./i.ts"],
    [10, undefined],
  ]);
});

test("an imported name knows whether it is only a type", () => {
  expect(scan('import B, { type C, d as e, type } from "x";')[0]?.names).toEqual([
    { name: "default", typeOnly: false },
    { name: "C", typeOnly: true },
    { name: "d", typeOnly: false },
    { name: "type", typeOnly: false },
  ]);
  expect(scan('import type { C } from "x";')[0]?.names).toEqual([{ name: "C", typeOnly: true }]);
  expect(scan('import type D from "x";')[0]?.names).toEqual([{ name: "default", typeOnly: true }]);
  expect(scan('export * as ns from "x";')[0]?.names).toEqual([{ name: "*", typeOnly: false }]);
});

test("what only looks like an import is not one", () => {
  const text = [
    '// import "./a.ts"',
    "const a = 'import \"./b.ts\"';",
    'const b = `import "./c.ts"`;',
    'const c = loader.import("./d.ts");',
    "export const from = 1;",
    "export { a, b };",
    'import.meta.resolve("./e.ts");',
    'const d = { import: "./f.ts" };',
  ].join("\n");
  expect(specifiers(text)).toEqual([]);
});

test("an import in a template's hole is found", () => {
  expect(specifiers(["`$", '{await import("./a.ts")}`'].join(""))).toEqual(["./a.ts"]);
});

test("a relative path becomes a path from the root, even one that leaves it", () => {
  expect(resolveImport("src/gateway/http/a.ts", "../pipeline.ts")).toBe("src/gateway/pipeline.ts");
  expect(resolveImport("src/core/version.ts", "../../package.json")).toBe("package.json");
  expect(resolveImport("src/a.ts", "../../b.ts")).toBe("../b.ts");
  expect(resolveImport("src/a.ts", "zod")).toBeUndefined();
});

test("nothing that Bun itself sees imported is missed in the repository", async () => {
  const transpilers = { ts: new Bun.Transpiler({ loader: "ts" }), tsx: new Bun.Transpiler({ loader: "tsx" }) };
  const missed = (await readSourceFiles()).flatMap((file) => {
    const found = new Set(importsOf(file).map((one) => one.specifier));
    const seen = transpilers[file.path.endsWith("x") ? "tsx" : "ts"].scanImports(file.text).map((one) => one.path);
    return seen.filter((path) => !found.has(path)).map((path) => `${file.path}: ${path}`);
  });
  expect(missed).toEqual([]);
});
