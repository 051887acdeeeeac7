/** The roles as processes: what only shows from outside. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../core/version.ts";
import { startScriptedMcpServer } from "../mcp/client/scripted-mcp-server.fixture.ts";

async function run(role: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${role}.ts`), ...argv], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exitCode };
}

describe.each(["mcpctl", "mcp", "mcpd", "mcplocal", "mcp-agent"])("%s", (role) => {
  test("prints its version, and its help when nothing is asked", async () => {
    expect(await run(role, ["--version"])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
    expect(await run(role, ["-V"])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
    expect(await run(role, [])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Usage: "), stderr: "" });
  });

  test("an unknown word is exit code 2 with an error and a hint", async () => {
    const { exitCode, stdout, stderr } = await run(role, ["no-such-word"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .*no-such-word.*\nhint: .+\n$/);
  });
});

test("mcpctl test mcp ends by itself, with the report whole and the code of its verdict", async () => {
  await using server = startScriptedMcpServer();
  const passed = await run("mcpctl", ["test", "mcp", server.url, "-o", "json"], { MCPCTL_TOKEN: "from-env" });
  expect(passed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(passed.stdout)).toMatchObject({ verdict: "PASS" });
  expect(server.of("initialize")[0]?.headers.get("authorization")).toBe("Bearer from-env");
  expect(await run("mcpctl", ["test", "mcp", server.url, "--tool", "fail"])).toMatchObject({ exitCode: 2 });
});

test("a reader that goes away is no failure", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-pipe-"));
  // The program starts only when the reader has told through the fifo that it closed its end.
  const script = 'exec 3>&1; mkfifo "$0"; { read -r gone < "$0"; "$@"; echo "code $?" >&3; } | { exec 0<&-; echo gone > "$0"; }';
  const words = [process.execPath, join(import.meta.dir, "mcpctl.ts"), "--help"];
  const child = Bun.spawn(["sh", "-c", script, join(folder, "fifo"), ...words], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  await rm(folder, { recursive: true });
  expect({ stdout, stderr }).toEqual({ stdout: "code 0\n", stderr: "" });
});

test.skipIf(!existsSync("/dev/full"))("output that cannot be written is a failure (needs /dev/full)", async () => {
  const words = [process.execPath, join(import.meta.dir, "mcpctl.ts"), "--help"];
  const child = Bun.spawn(["sh", "-c", '"$@" > /dev/full', "sh", ...words], { stdout: "ignore", stderr: "pipe" });
  expect(await child.stderr.text()).toMatch(/^error: cannot write the output: .+\n$/);
  expect(await child.exited).toBe(1);
});
