/** Calls that are carried out later, on real processes and the databases that are there. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryEngineEmpty, type WithUrl } from "../../src/store/databases.fixture.ts";
import { type Dispatched, dispatchCall } from "./support/dispatch-call.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { MEMBER, RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const TIMEOUT_MS = 90_000;
const SEARCH = "evo.content.search";
const DISPATCHER = [...MEMBER, { action: "dispatch" }];

const scratch = new Scratch("async-dispatch");

interface StartOptions {
  readonly url?: string;
  readonly masterKey?: string;
  /** Lines of the configuration's table `queue`. */
  readonly queue?: string;
}

/** `mcpctl up` that may run this test's server. */
function start(name: string, { url, masterKey, queue = "" }: StartOptions = {}): UpProcess {
  const config = scratch.path(`${name}.toml`);
  writeFileSync(config, `[stdio]\ncommands = [${JSON.stringify(process.execPath)}, "node", "npx"]\n[queue]\n${queue}\n`);
  const args = ["--config", config, ...(url === undefined ? [] : ["--database-url", url])];
  const program = masterKey === undefined ? {} : { program: ["env", `MCPD_MASTER_KEY_FILE=${masterKey}`, programPath("mcpctl"), "up"] };
  return scratch.upWithReadyFile(name, { args, ...program });
}

/** Registers the server of fixtures/counting-server.ts, which counts into `file`, in project `demo`. */
async function addCounting(admin: RestCaller, file: string): Promise<void> {
  const script = join(import.meta.dirname, "fixtures/counting-server.ts");
  const backing = { kind: "stdio", command: process.execPath, args: [script, file], env: {} };
  await admin.send("POST", "/servers", { handle: "counting", backing, projects: ["demo"], writeTools: true });
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

async function serves(gateway: string, token: string): Promise<boolean> {
  const caller = await McpCaller.open(`${gateway}/projects/demo/mcp`, token);
  return (await caller.toolNames()).includes("counting__count");
}

interface Asked {
  readonly token: string;
  readonly method?: string;
}

async function ask(url: string, { token, method = "GET" }: Asked): Promise<Dispatched> {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, traceId: response.headers.get("x-trace-id"), json: await response.json() };
}

/** The task, once it is in this state. */
function taskIn(state: string, url: string, token: string): Promise<Dispatched["json"]> {
  return waitUntil(`the task has ${state}`, async () => {
    const { json } = await ask(url, { token });
    return json.state === state ? json : undefined;
  });
}

test(
  "a search that is dispatched is accepted with a task and its trace, is carried out, reused, and refused for another call",
  async () => {
    const ready = await start("routes").ready();
    const admin = await RestCaller.logIn(ready);
    const token = await admin.makeToken("runner", "demo", DISPATCHER);
    const other = await admin.makeToken("other", "demo", DISPATCHER);
    const routes = [
      [`${ready.gateway}/api/v1/mcp/content`, SEARCH],
      [`${ready.gateway}/emcp/content`, SEARCH],
      [`${ready.gateway}/projects/demo`, `content__${SEARCH}`],
    ] as const;
    for (const [index, [base, tool]] of routes.entries()) {
      const call = { url: `${base}/dispatch`, token, tool, key: `search-${index}` };
      const a = await dispatchCall({ ...call, args: { limit: 1 } });
      const accepted = {
        status: "accepted",
        task_id: expect.stringMatching(/^tsk_/),
        trace_id: a.traceId,
        idempotency_key: call.key,
        reused: false,
      };
      expect([a.status, a.json]).toEqual([202, accepted]);
      const url = `${base}/tasks/${a.json.task_id}`;
      const task = await taskIn("finished", url, token);
      expect(task.result.structuredContent.items).toHaveLength(1);
      expect(task).toMatchObject({
        id: a.json.task_id,
        trace_id: a.traceId,
        idempotency_key: call.key,
        attempts: 1,
        method: "tools/call",
        tool,
      });
      const b = await dispatchCall({ ...call, args: { limit: 1 } });
      expect([b.status, b.json]).toEqual([200, { ...a.json, status: "completed", reused: true, result: task.result }]);
      expect(b.traceId).not.toBe(a.traceId);
      const c = await dispatchCall({ ...call, args: { limit: 2 } });
      expect([c.status, c.json.error.code]).toEqual([409, "idempotency_conflict"]);
      expect([(await ask(url, { token: other })).status, (await ask(`${base}/tasks`, { token: other })).json.tasks]).toEqual([404, []]);
    }
    const listed = (await ask(`${ready.gateway}/projects/demo/tasks?limit=2`, { token })).json;
    const rest = (await ask(`${ready.gateway}/projects/demo/tasks?limit=2&after=${listed.next}`, { token })).json;
    const keys = [...listed.tasks, ...rest.tasks].map(({ idempotency_key }) => idempotency_key);
    expect([keys, rest.next]).toEqual([["search-2", "search-1", "search-0"], null]);
  },
  TIMEOUT_MS,
);

test(
  "a task tells how far it is, is canceled while it waits and while it runs, and nothing of it is carried out twice",
  async () => {
    const file = scratch.path("cancel.count");
    const ready = await start("cancel", { queue: "concurrency = 1\nlease_seconds = 3" }).ready();
    const admin = await RestCaller.logIn(ready);
    await addCounting(admin, file);
    const token = await admin.makeToken("runner", "demo", DISPATCHER);
    await waitUntil("the server is served", () => serves(ready.gateway, token));
    const base = `${ready.gateway}/projects/demo`;
    const call = { url: `${base}/dispatch`, token };
    const runs = (await dispatchCall({ ...call, key: "runs", tool: "counting__count_and_hang" })).json.task_id;
    await waitUntil("the server says how far it is", async () => (await ask(`${base}/tasks/${runs}`, { token })).json.progress !== null);
    const waits = (await dispatchCall({ ...call, key: "waits", tool: "counting__count" })).json.task_id;
    expect((await ask(`${base}/tasks/${runs}`, { token })).json).toMatchObject({
      state: "running",
      progress: { progress: 1, total: 2, message: "half way" },
    });
    expect((await ask(`${base}/tasks/${waits}`, { token })).json.state).toBe("queued");
    const canceled = await ask(`${base}/tasks/${waits}/cancel`, { token, method: "POST" });
    expect([canceled.status, canceled.json.state, canceled.json.error.data]).toEqual([200, "canceled", { reason: "canceled" }]);
    expect((await ask(`${base}/tasks/${runs}/cancel`, { token, method: "POST" })).json.cancel_requested).toBe(true);
    expect((await taskIn("canceled", `${base}/tasks/${runs}`, token)).error.data).toEqual({ reason: "canceled" });
    const again = await dispatchCall({ ...call, key: "waits", tool: "counting__count" });
    expect([again.status, again.json.status, again.json.reused]).toEqual([200, "canceled", true]);
    expect(linesOf(file)).toEqual(["count_and_hang"]);
  },
  TIMEOUT_MS,
);

test(
  "what a task may do is asked again when it is carried out: of a token that was revoked meanwhile nothing is",
  async () => {
    const file = scratch.path("revoked.count");
    const ready = await start("revoked", { queue: "concurrency = 1" }).ready();
    const admin = await RestCaller.logIn(ready);
    await addCounting(admin, file);
    const keeper = await admin.makeToken("keeper", "demo", DISPATCHER);
    const { tokenHash: _, ...made } = await admin.send("POST", "/mcptokens", { name: "gone", project: "demo", roleBindings: DISPATCHER });
    const gone: string = made.token;
    await waitUntil("the server is served", () => serves(ready.gateway, keeper));
    const base = `${ready.gateway}/projects/demo`;
    const holds = await dispatchCall({ url: `${base}/dispatch`, token: keeper, key: "holds", tool: "counting__count_and_hang" });
    await waitUntil("the worker is busy", () => linesOf(file).length === 1);
    const call = { url: `${base}/dispatch`, token: gone, key: "late", tool: "counting__count" };
    expect((await dispatchCall(call)).status).toBe(202);
    await admin.send("POST", `/mcptokens/${made.id}/revoke`, {});
    await ask(`${base}/tasks/${holds.json.task_id}/cancel`, { token: keeper, method: "POST" });
    const next = await dispatchCall({ ...call, token: keeper, key: "next" });
    await taskIn("finished", `${base}/tasks/${next.json.task_id}`, keeper);
    expect(linesOf(file)).toEqual(["count_and_hang", "count"]);
  },
  TIMEOUT_MS,
);

test(
  "an enrolled gateway hands its calls to mcpd, and shows, reuses and cancels them as mcpd's own gateway does",
  async () => {
    const ready = await start("apart").ready();
    const admin = await RestCaller.logIn(ready);
    const token = await admin.makeToken("runner", "demo", DISPATCHER);
    const keyFile = scratch.path("edge.key");
    writeFileSync(keyFile, (await admin.send("POST", "/gateways", { name: "edge" })).token, { mode: 0o600 });
    await using edge = new GatewayProcess(ready.api, { MCPLOCAL_GATEWAY_TOKEN_FILE: keyFile });
    const base = `${await edge.ready()}/projects/demo`;
    const call = { token, key: "shared", tool: `content__${SEARCH}`, args: { limit: 1 } };
    const accepted = await dispatchCall({ ...call, url: `${base}/dispatch` });
    expect([accepted.status, accepted.json.status]).toEqual([202, "accepted"]);
    const task = await taskIn("finished", `${base}/tasks/${accepted.json.task_id}`, token);
    const there = await dispatchCall({ ...call, url: `${ready.gateway}/projects/demo/dispatch` });
    expect(there.json).toMatchObject({ task_id: accepted.json.task_id, reused: true, result: task.result });
    expect((await ask(`${base}/tasks`, { token })).json.tasks).toHaveLength(1);
    expect((await ask(`${base}/tasks/${task.id}/cancel`, { token, method: "POST" })).json.state).toBe("finished");
  },
  TIMEOUT_MS,
);

onEveryEngineEmpty((engine, withUrl) => {
  declareFor(engine, "embedded", withUrl);
  if (engine === "Postgres") declareFor("pg-boss", "pgboss", withUrl);
});

function declareFor(engine: string, driver: "embedded" | "pgboss", withUrl: WithUrl): void {
  const driverLine = `driver = "${driver}"`;
  test(
    `${engine}: of what a killed process had, a call that may be repeated is, another has an unknown outcome, and what waited is carried out`,
    () =>
      withUrl(async (url) => {
        const name = `kill-${engine}`;
        const file = scratch.path(`${name}.count`);
        const first = start(name, { url, queue: `${driverLine}\nlease_seconds = 2\nconcurrency = 1` });
        const ready = await first.ready();
        const admin = await RestCaller.logIn(ready);
        await addCounting(admin, file);
        const token = await admin.makeToken("runner", "demo", DISPATCHER);
        await waitUntil("the server is served", () => serves(ready.gateway, token));
        const call = { token, url: `${ready.gateway}/projects/demo/dispatch` };
        const slow = (await dispatchCall({ ...call, key: "slow", tool: "counting__count_and_hang" })).json;
        const waits = (await dispatchCall({ ...call, key: "waits", tool: "counting__count" })).json;
        await waitUntil("the call is carried out", () => linesOf(file).length === 1);
        first.signal("SIGKILL");
        await first.ended();

        const again = start(name, { url, queue: `${driverLine}\nlease_seconds = 2` });
        const { gateway } = await again.ready(60_000);
        const at = (id: string) => `${gateway}/projects/demo/tasks/${id}`;
        const lost = await taskIn("failed", at(slow.task_id), token);
        expect(lost.error.data).toEqual({ reason: "outcome_unknown" });
        expect((await taskIn("finished", at(waits.task_id), token)).attempts).toBe(1);
        const twice = (
          await dispatchCall({ ...call, url: `${gateway}/projects/demo/dispatch`, key: "twice", tool: "counting__count_again" })
        ).json;
        expect((await taskIn("finished", at(twice.task_id), token)).state).toBe("finished");
        expect(linesOf(file)).toEqual(["count_and_hang", "count", "count_again", "count_again"]);
        expect(await again.stop()).toBe(0);
      }),
    TIMEOUT_MS,
  );

  test(
    `${engine}: a hundred who race for one key have one task, carried out once`,
    () =>
      withUrl(async (url) => {
        const file = scratch.path(`race-${engine}.count`);
        const masterKey = scratch.path(`race-${engine}.key`);
        const a = await start(`race-${engine}-a`, { url, masterKey, queue: driverLine }).ready(60_000);
        // SQLite's file is held by one process.
        const b = engine === "SQLite" ? a : await start(`race-${engine}-b`, { url, masterKey, queue: driverLine }).ready(60_000);
        const admin = await RestCaller.logIn(a);
        await addCounting(admin, file);
        const token = await admin.makeToken("runner", "demo", DISPATCHER);
        for (const { gateway } of [a, b]) await waitUntil("both serve", () => serves(gateway, token), 10_000);
        const racing = Array.from({ length: 100 }, (_, index) =>
          dispatchCall({ token, key: "race", tool: "counting__count", url: `${[a, b][index % 2]?.gateway}/projects/demo/dispatch` }),
        );
        const replies = await Promise.all(racing);
        expect(new Set(replies.map(({ json }) => json.task_id)).size).toBe(1);
        expect(replies.filter(({ json }) => json.reused === false)).toHaveLength(1);
        await taskIn("finished", `${b.gateway}/projects/demo/tasks/${replies[0]?.json.task_id}`, token);
        expect(linesOf(file)).toEqual(["count"]);
      }),
    TIMEOUT_MS,
  );
}
