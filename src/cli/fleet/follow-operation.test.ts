import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OperationStep } from "../../api/agent/contract.ts";
import { StepState } from "../../api/agent/contract.ts";
import { STEP_WORDS, stepLine } from "./follow-operation.ts";

test("every step of the contract has words, and there are no others", () => {
  const proto = readFileSync(join(import.meta.dirname, "../../../proto/mcp/v1/operation.proto"), "utf8");
  const [, comment = ""] = /string component = 2;\n((?:\s*\/\/.*\n)+)\s*string name = 3;/.exec(proto) ?? [];
  const names = [...comment.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name ?? "");
  expect(Object.keys(STEP_WORDS).sort()).toEqual(names.sort());
  expect(names.length).toBeGreaterThan(10);
});

test("a step is one line, with all that was said of it", () => {
  const step = { component: "api", name: "gate", state: StepState.FAILED, detail: "look 4: no answer\nit was not healthy" };
  expect(stepLine(step as OperationStep)).toBe("api: waiting until it is healthy failed (look 4: no answer; it was not healthy)\n");
  expect(stepLine({ ...step, name: "polish", state: StepState.DONE, detail: "" } as OperationStep)).toBe("api: polish done\n");
});
