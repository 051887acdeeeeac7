/** What carries dispatched calls out: as a row, as a command, and as a process beside mcpd. */
import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import { dispatchCall } from "./support/dispatch-call.ts";
import { programPath } from "./support/program-path.ts";
import { MEMBER, RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { SpawnedProgram } from "./support/spawned-program.ts";
import { ROOT } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const TIMEOUT_MS = 90_000;
const DISPATCHER = [...MEMBER, { action: "dispatch" }];
const SEARCH = "content__evo.content.search";

const scratch = new Scratch("task-workers");
const workers: SpawnedProgram[] = [];
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.discard()));
});

async function stateOf(base: string, id: string, token: string): Promise<string> {
  const response = await fetch(`${base}/tasks/${id}`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { state: string }).state;
}

test(
  "emcp:sync-workers confirms emcp_dispatch, which registers itself, and switched off it takes no task until it is switched on",
  async () => {
    const sync = async (...args: readonly string[]) => {
      const run = await scratch.run("mcpd", ["emcp:sync-workers", "--data-dir", scratch.path("demo"), ...args]);
      return [run.exitCode, run.stdout.split("\n")[1]?.replace(/ +/g, " ")];
    };
    const up = scratch.upWithReadyFile("demo");
    const ready = await up.ready();
    const admin = await RestCaller.logIn(ready);
    expect((await admin.send("GET", "/workers")).items).toMatchObject([
      { name: "emcp_dispatch", active: true, class: "mcpctl/control/worker/TaskWorker" },
    ]);
    expect(await sync()).toEqual([0, "emcp_dispatch yes ok -"]);
    expect(await sync("--switch", "off")).toEqual([0, "emcp_dispatch no updated -"]);
    const token = await admin.makeToken("runner", "demo", DISPATCHER);
    const base = `${ready.gateway}/projects/demo`;
    const held = (await dispatchCall({ url: `${base}/dispatch`, token, key: "held", tool: SEARCH, args: { limit: 1 } })).json;
    expect(held.status).toBe("accepted");
    expect(await stateOf(base, held.task_id, token)).toBe("queued");
    expect(await up.stop()).toBe(0);
    expect(await sync()).toEqual([0, "emcp_dispatch no ok -"]);
    expect(await sync("--switch", "on")).toEqual([0, "emcp_dispatch yes updated -"]);
    const again = await scratch.upWithReadyFile("demo").ready();
    await waitUntil(
      "what waited is carried out",
      async () => (await stateOf(`${again.gateway}/projects/demo`, held.task_id, token)) === "finished",
    );
  },
  TIMEOUT_MS,
);

test(
  "beside an mcpd on SQLite a worker is refused, and is told who carries its tasks out",
  async () => {
    await scratch.upWithReadyFile("held").ready();
    const { exitCode, stderr } = await scratch.run("mcpd", ["worker", "--data-dir", scratch.path("held")]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: Another mcpctl \(process \d+, .*carries its dispatched calls out itself$/m);
    expect(stderr).toMatch(/^hint: a worker beside it needs Postgres or MySQL/m);
  },
  TIMEOUT_MS,
);

onEveryEngineEmpty((engine, withUrl) => {
  if (engine === "SQLite") return;
  test(
    `${engine}: a worker beside an mcpd carries out what that one accepts, and without one the call runs while its request waits or is refused`,
    () =>
      withUrl(async (url) => {
        const masterKey = scratch.path(`${engine}.key`);
        const config = (name: string, failover: string) => {
          const path = scratch.path(`${name}.toml`);
          writeFileSync(path, `[queue]\nworker = false\nfailover = "${failover}"\n`);
          return path;
        };
        const up = (name: string, failover: string) =>
          scratch
            .upWithReadyFile(name, {
              args: ["--config", config(name, failover), "--database-url", url],
              program: ["env", `MCPD_MASTER_KEY_FILE=${masterKey}`, programPath("mcpctl"), "up"],
            })
            .ready(60_000);
        const ready = await up(`${engine}-takes`, "sync");
        const strict = await up(`${engine}-strict`, "fail");
        const token = await (await RestCaller.logIn(ready)).makeToken("runner", "demo", DISPATCHER);
        const dispatch = (gateway: string, key: string) =>
          dispatchCall({ url: `${gateway}/projects/demo/dispatch`, token, key, tool: SEARCH, args: { limit: 1 } });
        const alone = await dispatch(ready.gateway, "alone");
        expect([alone.status, alone.json.status]).toEqual([200, "completed"]);
        const refused = await waitUntil("the token is known", async () => {
          const reply = await dispatch(strict.gateway, "refused");
          return reply.status === 401 ? undefined : reply;
        });
        expect([refused.status, refused.json.error.code]).toEqual([503, "async_unavailable"]);
        const command = [programPath("mcpd"), "worker", "--data-dir", scratch.path(`${engine}-worker`), "--database-url", url];
        const worker = new SpawnedProgram(command, { cwd: ROOT, env: { MCPD_MASTER_KEY_FILE: masterKey } });
        workers.push(worker);
        await worker.said(/mcpd worker is ready/);
        const accepted = await waitUntil("the worker has reported in", async () => {
          const reply = await dispatch(strict.gateway, "refused");
          return reply.status === 202 ? reply : undefined;
        });
        await waitUntil(
          "it is carried out",
          async () => (await stateOf(`${ready.gateway}/projects/demo`, accepted.json.task_id, token)) === "finished",
        );
        worker.signal("SIGTERM");
        expect(await worker.ended()).toBe(0);
      }),
    TIMEOUT_MS,
  );
});
