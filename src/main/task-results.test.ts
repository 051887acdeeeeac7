import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppError } from "../core/app-error.ts";
import { keepResultsIn } from "./task-results.ts";

const unexpected = (error: AppError) => {
  throw error;
};

test("a large result is a file of its owner's, named after its task, and goes after a day with the next one", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "mcpctl-results-")), "task-results");
  try {
    const keep = keepResultsIn(folder, unexpected);
    expect(await keep("tsk_1", '{"n":12345678901234567890}')).toBe("tsk_1.json");
    const path = join(folder, "tsk_1.json");
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([
      '{"n":12345678901234567890}',
      0o600,
      0o700,
    ]);
    await keep("tsk_2", "{}");
    expect(existsSync(path)).toBe(true);
    const old = new Date(Date.now() - 25 * 3600_000);
    utimesSync(path, old, old);
    await keep("tsk_3", "{}");
    expect([existsSync(path), existsSync(join(folder, "tsk_2.json"))]).toEqual([false, true]);
  } finally {
    await rm(join(folder, ".."), { recursive: true });
  }
});

test("where it cannot be kept the task is told of none, and the failure is", async () => {
  const failures: AppError[] = [];
  expect(await keepResultsIn("/proc/nowhere", (error) => failures.push(error))("tsk_1", "{}")).toBeUndefined();
  expect(failures).toHaveLength(1);
});
