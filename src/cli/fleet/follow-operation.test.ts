import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STEP_WORDS } from "./follow-operation.ts";

test("every step of the contract has words, and there are no others", () => {
  const proto = readFileSync(join(import.meta.dirname, "../../../proto/mcp/v1/operation.proto"), "utf8");
  const [, comment = ""] = /string component = 2;\n((?:\s*\/\/.*\n)+)\s*string name = 3;/.exec(proto) ?? [];
  const names = [...comment.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name ?? "");
  expect(Object.keys(STEP_WORDS).sort()).toEqual(names.sort());
  expect(names.length).toBeGreaterThan(10);
});
