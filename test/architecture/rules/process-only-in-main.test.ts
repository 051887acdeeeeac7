import { expect, test } from "bun:test";
import { processOnlyInMain } from "./process-only-in-main.ts";

const check = (path: string, text: string) => processOnlyInMain([{ path, text }]);

test.each([
  "const home = process.env.HOME;",
  'process.on("SIGTERM", stop);',
  "const { argv } = process;",
  "const p = globalThis.process;",
  "const v = on ? process : undefined;",
  ["const t = `$", "{process.pid}`;"].join(""),
  "Bun.argv.slice(2);",
  "Bun.env.HOME;",
  'Bun["env"];',
  "import.meta.env.HOME;",
  'import process from "node:process";',
  'import { env } from "bun";',
])("outside main this is caught: %s", (text) => {
  expect(check("src/gateway/a.ts", `\n${text}`)).toContainEqual(
    expect.objectContaining({ path: "src/gateway/a.ts", line: 2, rule: "process-only-in-main" }),
  );
});

test.each([
  "// process.env is main's",
  'const hint = "process.env";',
  "await queue.process(task);",
  "const options = { process: 1 };",
  "import.meta.dirname;",
  'import { spawn } from "node:child_process"; const child = spawn("x"); child.kill("SIGTERM");',
  'Bun.spawn(["x"], { env });',
  'import type { Server } from "bun";',
])("outside main this passes: %s", (text) => {
  expect(check("src/gateway/a.ts", text)).toEqual([]);
});

test("main may touch all of it, and so may tests", () => {
  expect(check("src/main/a.ts", "process.env.HOME; Bun.argv; import.meta.env.A;")).toEqual([]);
  expect(check("src/gateway/a.test.ts", "process.execPath;")).toEqual([]);
});
