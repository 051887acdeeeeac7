import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-requires-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs a test file that declares one test by `requires(condition, "no nginx")`. */
async function run(condition: boolean, requireAll: string): Promise<{ readonly exitCode: number; readonly output: string }> {
  const file = join(folder, "inner.test.ts");
  const body = 'requires(CONDITION, "no nginx")("the proxy answers", () => {});'.replace("CONDITION", String(condition));
  await Bun.write(file, `import { requires } from "${import.meta.dirname}/requires.ts";\n${body}\n`);
  const env = { ...process.env, REQUIRE_ALL: requireAll };
  const child = Bun.spawn([process.execPath, "test", file], { cwd: folder, env, stdout: "ignore", stderr: "pipe" });
  return { output: await new Response(child.stderr).text(), exitCode: await child.exited };
}

test("a met condition runs the test under its own title", async () => {
  const { exitCode, output } = await run(true, "");
  expect(exitCode).toBe(0);
  expect(output).toContain("(pass) the proxy answers");
});

test("a missing condition skips the test and puts the reason into its title", async () => {
  const { exitCode, output } = await run(false, "");
  expect(exitCode).toBe(0);
  expect(output).toContain("(skip) the proxy answers [skipped: no nginx]");
});

test("where everything is required a missing condition fails with the reason", async () => {
  const { exitCode, output } = await run(false, "1");
  expect(exitCode).toBe(1);
  expect(output).toContain("cannot run here: no nginx");
});
