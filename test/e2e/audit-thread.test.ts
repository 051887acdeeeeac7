import { expect, test } from "bun:test";
import { join } from "node:path";
import { runProgram } from "../support/run-program.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { type Ready, ROOT, type UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("audit-thread");

/** Calls over several sessions without end, until the process behind them is gone. */
async function callWithoutEnd({ url, token }: Ready): Promise<number> {
  let answered = 0;
  const one = async () => {
    const caller = await McpCaller.open(url, token);
    for (;;) if ((await caller.call("content__evo.content.root_tree", {})).status === 200) answered += 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => one().catch(() => undefined)));
  return answered;
}

async function callsIn(caller: RestCaller): Promise<readonly { id: string }[]> {
  return (await caller.send("GET", "/audit?kind=tool_call_trace&limit=200")).items;
}

function restart(name: string, ready: Ready): UpProcess {
  return scratch.upWithReadyFile(name, { args: ["--api-port", new URL(ready.api).port, "--gateway-port", new URL(ready.gateway).port] });
}

test(
  "after kill -9 under load the chain of requests holds and is gone on with",
  async () => {
    const up = scratch.upWithReadyFile("killed");
    const ready = await up.ready();
    const rest = await RestCaller.logIn(ready);
    const calling = callWithoutEnd(ready);
    await waitUntil("events of calls are written", async () => (await callsIn(rest)).length === 200);
    up.signal("SIGKILL");
    await up.ended();
    expect(await calling).toBeGreaterThanOrEqual(200);

    const again = restart("killed", ready);
    const next = await again.ready();
    const caller = await McpCaller.open(next.url, next.token);
    expect((await caller.call("content__evo.content.root_tree", {})).status).toBe(200);
    const verdict = await rest.send("GET", "/audit-verify");
    expect(verdict).toMatchObject({ ok: true, chains: [{ findings: [] }, { findings: [] }] });
    const [changes, requests] = verdict.chains;
    expect([requests.writer, requests.first]).toEqual([`${changes.writer}.r`, 1]);
    expect(requests.events).toBeGreaterThan(200);
    const [newest] = await callsIn(rest);
    expect(newest?.id).toBe(`${requests.writer}-${requests.last}`);
    expect(await again.stop()).toBe(0);
  },
  LIMIT_MS,
);

test(
  "the compiled executable finds the code of its thread, and a stop writes what waits",
  async () => {
    const build = scratch.path("build");
    const built = await runProgram([process.execPath, join(ROOT, "scripts/build.ts"), "--outdir", build], { cwd: ROOT });
    expect(built).toMatchObject({ exitCode: 0, stderr: "" });
    const program = [join(build, "mcpctl"), "up"];
    const up = scratch.upWithReadyFile("compiled", { program });
    const ready = await up.ready();
    const caller = await McpCaller.open(ready.url, ready.token);
    for (const _ of [1, 2, 3]) expect((await caller.call("content__evo.content.root_tree", {})).status).toBe(200);
    expect(await up.stop()).toBe(0);
    const again = restart("compiled", ready);
    const next = await again.ready();
    const rest = await RestCaller.logIn({ ...next, admin: ready.admin });
    expect(await callsIn(rest)).toHaveLength(3);
    expect(await rest.send("GET", "/audit-verify")).toMatchObject({ ok: true });
  },
  LIMIT_MS,
);
