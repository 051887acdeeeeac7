import { expect, test } from "bun:test";
import { importCycles } from "./import-cycles.ts";

test("a cycle of three files is reported once with its way, even where one import is type-only", () => {
  const violations = importCycles([
    { path: "src/mcp/a.ts", text: '// first\nimport { b } from "./b.ts";' },
    { path: "src/mcp/b.ts", text: 'import type { C } from "./c/c.ts";' },
    { path: "src/mcp/c/c.ts", text: 'export { a } from "../a.ts";' },
  ]);
  expect(violations).toMatchObject([{ path: "src/mcp/a.ts", line: 2, rule: "import-cycles" }]);
  expect(violations[0]?.message).toStartWith("src/mcp/a.ts → src/mcp/b.ts → src/mcp/c/c.ts → src/mcp/a.ts;");
});

test("a file that imports itself is a cycle", () => {
  expect(importCycles([{ path: "src/mcp/a.ts", text: 'import { a } from "./a.ts";' }])).toHaveLength(1);
});

test("two ways to one file are no cycle", () => {
  const violations = importCycles([
    { path: "src/mcp/a.ts", text: 'import "./b.ts"; import "./c.ts";' },
    { path: "src/mcp/b.ts", text: 'import "./d.ts";' },
    { path: "src/mcp/c.ts", text: 'import "./d.ts";' },
    { path: "src/mcp/d.ts", text: 'import "zod";' },
  ]);
  expect(violations).toEqual([]);
});
