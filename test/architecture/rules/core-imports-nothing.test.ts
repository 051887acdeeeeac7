import { expect, test } from "bun:test";
import { coreImportsNothing } from "./core-imports-nothing.ts";

const check = (path: string, text: string) => coreImportsNothing([{ path, text }]);

test("a library, a system module or a higher folder in core is caught", () => {
  expect(check("src/core/a.ts", '\n\nimport { z } from "zod";')).toMatchObject([
    { path: "src/core/a.ts", line: 3, rule: "core-imports-nothing" },
  ]);
  expect(check("src/core/a.ts", 'import { readFileSync } from "node:fs";')).toHaveLength(1);
  expect(check("src/core/a.ts", 'import type { Request } from "../mcp/json-rpc.ts";')).toHaveLength(1);
  expect(check("src/core/a.ts", 'import manifest from "../../package.json";')).toHaveLength(1);
});

test("core may import itself and node:crypto, and version.ts the manifest", () => {
  expect(check("src/core/a.ts", 'import { AppError } from "./app-error.ts"; import { randomBytes } from "node:crypto";')).toEqual([]);
  expect(check("src/core/version.ts", 'import manifest from "../../package.json" with { type: "json" };')).toEqual([]);
});

test("a test of core may use the test runner", () => {
  expect(check("src/core/a.test.ts", 'import { test } from "bun:test"; import fc from "fast-check";')).toEqual([]);
});
