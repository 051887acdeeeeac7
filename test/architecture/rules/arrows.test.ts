import { expect, test } from "bun:test";
import { arrows } from "./arrows.ts";

const check = (path: string, text: string) => arrows([{ path, text }]).map((violation) => [violation.path, violation.line, violation.rule]);

test("an import against the arrows is caught, type-only imports and re-exports included", () => {
  expect(check("src/mcp/a.ts", '\nimport { up } from "../main/up.ts";')).toEqual([["src/mcp/a.ts", 2, "arrows"]]);
  expect(check("src/store/a.ts", 'import type { Project } from "../control/project/project.ts";')).toHaveLength(1);
  expect(check("src/verify/a.ts", 'export * from "../cli/a.ts";')).toHaveLength(1);
  expect(check("src/core/a.ts", 'export * from "../mcp/a.ts";')).toHaveLength(1);
});

test("a foundation may not import another one", () => {
  expect(check("src/store/a.ts", 'import { b } from "../runtime/b.ts";')).toHaveLength(1);
});

test("imports along the arrows and inside a folder pass", () => {
  expect(check("src/main/up.ts", 'import { a } from "../gateway/pipeline.ts"; import { b } from "../core/clock.ts";')).toEqual([]);
  expect(check("src/cli/a.ts", 'import { a } from "../verify/a.ts"; import { b } from "../mcp/b.ts"; import { c } from "./c.ts";')).toEqual(
    [],
  );
  expect(check("src/mcp/eras/a.ts", 'import { a } from "../json-rpc.ts"; import { b } from "../../core/b.ts";')).toEqual([]);
});

test("a file in no known folder is caught", () => {
  expect(check("src/utils/a.ts", "")).toHaveLength(1);
  expect(check("src/a.ts", "")).toHaveLength(1);
});

test("a computed import is caught, a constant one is not", () => {
  expect(check("src/main/a.ts", "await import(name);")).toHaveLength(1);
  expect(check("src/main/a.ts", 'await import("./b.ts");')).toEqual([]);
});

test("an import that leaves src is caught unless it is a known exit", () => {
  expect(check("src/cli/a.ts", 'import manifest from "../../package.json";')).toHaveLength(1);
  expect(check("src/core/version.ts", 'import manifest from "../../package.json";')).toEqual([]);
  expect(check("src/gateway/a.ts", 'import { a } from "../../gen/mcp/v1/mcp_pb.ts";')).toHaveLength(1);
  expect(check("src/agent/rpc/a.ts", 'import { a } from "../../../gen/mcp/v1/mcp_pb.ts";')).toEqual([]);
});

test("a test may look wherever it needs to", () => {
  expect(check("src/mcp/a.test.ts", 'import { a } from "../verify/a.ts";')).toEqual([]);
});
