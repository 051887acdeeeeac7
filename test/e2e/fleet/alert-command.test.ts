import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertCommandOf } from "../../../src/agent/monitor/process/run-alert-command.ts";

const NEVER = new AbortController().signal;

function command(argv: readonly string[], timeoutMs = 30_000) {
  const run = alertCommandOf({
    argv,
    timeoutMs,
    env: { PATH: process.env.PATH ?? "" },
    signalGroup: (pid, signal) => process.kill(-pid, signal),
  });
  if (run === undefined) throw new Error("no command");
  return run;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-alert-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program that writes what it was started with, and does what `then` says. */
async function recorder(folder: string, then = ""): Promise<{ readonly program: string; readonly told: () => Promise<string> }> {
  const program = join(folder, "alert.sh");
  const file = join(folder, "told");
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" "env:$MCP_SERVICE" "$MCP_MESSAGE" > ${file}\nenv > ${file}.env\n${then}\n`, {
    mode: 0o700,
  });
  return { program, told: () => readFile(file, "utf8") };
}

test("the command gets its arguments and the variables as they are, and no shell reads them", async () => {
  await inFolder(async (folder) => {
    const { program, told } = await recorder(folder);
    const variables = { MCP_SERVICE: "web; touch pwned", MCP_MESSAGE: "$(touch pwned) `id` 'x'" };
    const argv = [program, "two words", "$HOME", "; touch pwned", "*"];
    expect(await command(argv)(variables, NEVER)).toEqual({ ok: true });
    expect(await told()).toBe("two words\n$HOME\n; touch pwned\n*\nenv:web; touch pwned\n$(touch pwned) `id` 'x'\n");
    const env = await readFile(join(folder, "told.env"), "utf8");
    expect(
      env
        .split("\n")
        .filter((line) => /^(MCP_|[A-Z_]*(TOKEN|SECRET))/.test(line))
        .sort(),
    ).toEqual(["MCP_MESSAGE=$(touch pwned) `id` 'x'", "MCP_SERVICE=web; touch pwned"]);
  });
});

test("one that fails is told with its exit code and what it said last", async () => {
  const outcome = await command(["sh", "-c", "echo the pager is away >&2; exit 3"])({}, NEVER);
  expect(outcome).toEqual({ ok: false, reason: "sh: it exited with code 3; it last said: the pager is away" });
});

test("one that is not there is told so", async () => {
  const outcome = await command(["/nowhere/alert"])({}, NEVER);
  expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("/nowhere/alert cannot be started") });
});

test("one that hangs is killed with all that it started, even where it listens to no signal", async () => {
  await inFolder(async (folder) => {
    const pids = join(folder, "pids");
    const script = `trap '' TERM; sleep 1000 & echo $$ $! > ${pids}; while :; do wait; done`;
    const outcome = await command(["sh", "-c", script], 300)({}, NEVER);
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("it did not end within 300 ms and was killed") });
    const started = (await readFile(pids, "utf8")).trim().split(" ").map(Number);
    expect(started).toHaveLength(2);
    await Promise.all(started.map(gone));
  });
});

test("one that floods its output is read to its end, and little of it is kept", async () => {
  const outcome = await command(["sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x; echo; echo over >&2; exit 1"])({}, NEVER);
  expect(outcome).toEqual({ ok: false, reason: "sh: it exited with code 1; it last said: over" });
});

test("one whose child holds its output open is not waited for", async () => {
  await inFolder(async (folder) => {
    const pid = join(folder, "pid");
    const outcome = await command(["sh", "-c", `setsid sleep 1000 & echo $! > ${pid}`])({}, NEVER);
    const left = Number(await readFile(pid, "utf8"));
    process.kill(left, "SIGKILL");
    expect(outcome).toEqual({ ok: true });
  });
});

test("an agent that stops ends it", async () => {
  const stop = new AbortController();
  const running = command(["sleep", "1000"])({}, stop.signal);
  stop.abort();
  expect(await running).toMatchObject({ ok: false, reason: expect.stringContaining("the agent is stopping") });
});

test("without a program there is no command", () => {
  expect(alertCommandOf({ argv: [], timeoutMs: 1, env: {}, signalGroup: () => {} })).toBeUndefined();
});

/** Resolves when there is no such process, or only its remains. */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (stat === "" || / Z /.test(stat)) return;
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there: ${stat}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
