import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "mcpctl-npm-"));
});
afterAll(async () => {
  await rm(scratch, { recursive: true });
});

const npmRun = (script: string, cwd: string) => runProgram(["npm", "run", "--silent", script], { cwd });

test("vet and lint pass", async () => {
  expect(await npmRun("vet", ROOT)).toMatchObject({ exitCode: 0, stdout: "" });
  expect(await npmRun("lint", ROOT)).toMatchObject({ exitCode: 0 });
});

test("vet and lint fail where a rule is broken", async () => {
  for (const file of ["package.json", "tsconfig.json", "biome.json"]) await cp(join(ROOT, file), join(scratch, file));
  await symlink(join(ROOT, "node_modules"), join(scratch, "node_modules"));
  // Biome reads .gitignore because biome.json tells it to.
  await cp(join(ROOT, ".gitignore"), join(scratch, ".gitignore"));

  const file = join(scratch, "src/core/broken.ts");
  await Bun.write(file, "export const count: number = 1;\n");
  expect(await npmRun("vet", scratch)).toMatchObject({ exitCode: 0 });
  expect(await npmRun("lint", scratch)).toMatchObject({ exitCode: 0 });

  await Bun.write(file, 'export const count: number = "one";\n');
  const vet = await npmRun("vet", scratch);
  expect(vet.exitCode).not.toBe(0);
  expect(vet.stdout).toContain("src/core/broken.ts(1,14)");

  await Bun.write(file, "export const count: any = 1;\n");
  const lint = await npmRun("lint", scratch);
  expect(lint.exitCode).not.toBe(0);
  expect(lint.stdout + lint.stderr).toContain("noExplicitAny");
});

test("check, test and ci:check are there, and ci:check is the whole run", async () => {
  const { scripts } = (await Bun.file(join(ROOT, "package.json")).json()) as { scripts: Record<string, string> };
  expect(scripts.check).toContain("scripts/test.ts --check");
  expect(scripts.test).toMatch(/scripts\/test\.ts$/);
  expect(scripts["ci:check"]).toBe("npm test --silent");
});

test("npm run serve starts a gateway apart from mcpd, and says what it is to be told", async () => {
  const { exitCode, stderr } = await runProgram(["npm", "run", "--silent", "serve"], { cwd: ROOT, env: { MCPLOCAL_MCPD_URL: "" } });
  expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining("error: MCPLOCAL_MCPD_URL is not set")]);
});

test("proto-lint passes", async () => {
  expect(await npmRun("proto-lint", ROOT)).toMatchObject({ exitCode: 0, stdout: "" });
});
