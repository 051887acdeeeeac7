/** Dispatched calls on real processes, on the databases that are there. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import { dispatchCall } from "./support/dispatch-call.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { MEMBER, RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const TIMEOUT_MS = 90_000;
const SEARCH = "evo.content.search";
const DISPATCHER = [...MEMBER, { action: "dispatch" }];

const scratch = new Scratch("dispatch");
const gateways: GatewayProcess[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

interface StartOptions {
  readonly url?: string;
  readonly masterKey?: string;
  /** How long a call whose process is gone counts as running. */
  readonly leaseSeconds?: number;
}

/** `mcpctl up` that may run this test's server. */
function start(name: string, { url, masterKey, leaseSeconds = 30 }: StartOptions = {}): UpProcess {
  const config = scratch.path(`${name}.toml`);
  writeFileSync(
    config,
    `[stdio]\ncommands = [${JSON.stringify(process.execPath)}, "node", "npx"]\n[queue]\ndriver = "sync"\nlease_seconds = ${leaseSeconds}\n`,
  );
  const args = ["--config", config, ...(url === undefined ? [] : ["--database-url", url])];
  const program = masterKey === undefined ? {} : { program: ["env", `MCPD_MASTER_KEY_FILE=${masterKey}`, programPath("mcpctl"), "up"] };
  return scratch.upWithReadyFile(name, { args, ...program });
}

/** Registers the server of fixtures/counting-server.ts, which counts into `file`, in project `demo`. */
async function addCounting(admin: RestCaller, file: string): Promise<void> {
  const script = join(import.meta.dirname, "fixtures/counting-server.ts");
  const backing = { kind: "stdio", command: process.execPath, args: [script, file], env: {} };
  await admin.send("POST", "/servers", { handle: "counting", backing, projects: ["demo"] });
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

async function serves(gateway: string, token: string): Promise<boolean> {
  const caller = await McpCaller.open(`${gateway}/projects/demo/mcp`, token);
  return (await caller.toolNames()).includes("counting__count");
}

test(
  "a search is dispatched by the API's, the manager's and the project's route: accepted, reused, refused",
  async () => {
    const ready = await start("routes").ready();
    const token = await (await RestCaller.logIn(ready)).makeToken("runner", "demo", DISPATCHER);
    const routes = [
      [`${ready.gateway}/api/v1/mcp/content/dispatch`, SEARCH],
      [`${ready.gateway}/emcp/content/dispatch`, SEARCH],
      [`${ready.gateway}/projects/demo/dispatch`, `content__${SEARCH}`],
    ] as const;
    for (const [index, [url, tool]] of routes.entries()) {
      const call = { url, token, tool, key: `search-${index}` };
      const a = await dispatchCall({ ...call, args: { limit: 1 } });
      expect([a.status, a.json.status, a.json.reused, a.json.idempotency_key]).toEqual([200, "completed", false, call.key]);
      expect(a.json.result.structuredContent.items).toHaveLength(1);
      expect([a.json.trace_id, a.json.task_id]).toEqual([a.traceId, expect.stringMatching(/^tsk_/)]);
      const b = await dispatchCall({ ...call, args: { limit: 1 } });
      expect([b.status, b.json]).toEqual([200, { ...a.json, reused: true }]);
      expect(b.traceId).not.toBe(a.traceId);
      const c = await dispatchCall({ ...call, args: { limit: 2 } });
      expect([c.status, c.json.error.code]).toEqual([409, "idempotency_conflict"]);
    }
  },
  TIMEOUT_MS,
);

onEveryEngineEmpty((engine, withUrl) => {
  test(
    `${engine}: a call whose process is killed with -9 has failed with an unknown outcome, and is never carried out again`,
    () =>
      withUrl(async (url) => {
        const name = `kill-${engine}`;
        const file = scratch.path(`${name}.count`);
        const first = start(name, { url, leaseSeconds: 3 });
        const ready = await first.ready();
        const admin = await RestCaller.logIn(ready);
        await addCounting(admin, file);
        const token = await admin.makeToken("runner", "demo", DISPATCHER);
        await waitUntil("the server is served", () => serves(ready.gateway, token));
        const call = { token, key: "slow", tool: "counting__count_and_hang" };
        const urlAt = (gateway: string) => `${gateway}/projects/demo/dispatch`;
        const done = await dispatchCall({ ...call, url: urlAt(ready.gateway), key: "quick", tool: "counting__count" });
        const cut = dispatchCall({ ...call, url: urlAt(ready.gateway) }).catch(String);
        await waitUntil("the call is carried out", () => linesOf(file).length === 2);
        const meanwhile = await dispatchCall({ ...call, url: urlAt(ready.gateway) });
        expect([meanwhile.status, meanwhile.json.status]).toEqual([202, "accepted"]);
        first.signal("SIGKILL");
        await first.ended();
        expect(await cut).toBeString();

        const again = start(name, { url });
        const { gateway } = await again.ready(60_000);
        await waitUntil("the server is served again", () => serves(gateway, token));
        const lost = await waitUntil("the lease is over", async () => {
          const asked = await dispatchCall({ ...call, url: urlAt(gateway) });
          return asked.status === 202 ? undefined : asked;
        });
        const { task_id, trace_id } = meanwhile.json;
        expect([lost.status, lost.json]).toEqual([
          200,
          { status: "failed", task_id, trace_id, idempotency_key: "slow", reused: true, error: expect.any(Object) },
        ]);
        expect(lost.json.error.data).toEqual({ reason: "outcome_unknown" });
        expect((await dispatchCall({ ...call, url: urlAt(gateway) })).json).toEqual(lost.json);
        const kept = await dispatchCall({ ...call, url: urlAt(gateway), key: "quick", tool: "counting__count" });
        expect(kept.json).toEqual({ ...done.json, reused: true });
        expect(linesOf(file)).toEqual(["count", "count_and_hang"]);
        expect(await again.stop()).toBe(0);
      }),
    TIMEOUT_MS,
  );

  // SQLite's file is held by one process.
  if (engine === "SQLite") return;
  test(
    `${engine}: a hundred who race for one key at two mcpds have one execution`,
    () =>
      withUrl(async (url) => {
        const file = scratch.path(`race-${engine}.count`);
        const masterKey = scratch.path(`race-${engine}.key`);
        const a = await start(`race-${engine}-a`, { url, masterKey }).ready(60_000);
        const b = await start(`race-${engine}-b`, { url, masterKey }).ready(60_000);
        const admin = await RestCaller.logIn(a);
        await addCounting(admin, file);
        const token = await admin.makeToken("runner", "demo", DISPATCHER);
        for (const { gateway } of [a, b]) await waitUntil("both serve", () => serves(gateway, token), 10_000);
        const one = { token, key: "race", tool: "counting__count" };
        const racing = Array.from({ length: 100 }, (_, index) =>
          dispatchCall({ ...one, url: `${[a, b][index % 2]?.gateway}/projects/demo/dispatch` }),
        );
        const replies = await Promise.all(racing);
        expect(linesOf(file)).toEqual(["count"]);
        expect(new Set(replies.map(({ json }) => json.task_id)).size).toBe(1);
        expect(replies.filter(({ json }) => json.reused === false)).toHaveLength(1);
        expect(replies.every(({ status }) => status === 200 || status === 202)).toBe(true);
      }),
    TIMEOUT_MS,
  );
});

describe("a gateway apart from mcpd", () => {
  async function apart(): Promise<{ readonly ready: Ready; readonly admin: RestCaller; readonly token: string }> {
    const ready = await start("apart").ready();
    const admin = await RestCaller.logIn(ready);
    return { ready, admin, token: await admin.makeToken("runner", "demo", DISPATCHER) };
  }

  test(
    "shares the keys of mcpd where it is enrolled, and says that it keeps none where it is not",
    async () => {
      const { ready, admin, token } = await apart();
      const keyFile = scratch.path("edge.key");
      writeFileSync(keyFile, (await admin.send("POST", "/gateways", { name: "edge" })).token, { mode: 0o600 });
      const serve = (env: Readonly<Record<string, string>>) => {
        const gateway = new GatewayProcess(ready.api, env);
        gateways.push(gateway);
        return gateway.ready();
      };
      const call = { token, key: "shared", tool: `content__${SEARCH}`, args: { limit: 1 } };
      const edge = `${await serve({ MCPLOCAL_GATEWAY_TOKEN_FILE: keyFile })}/projects/demo/dispatch`;
      const first = await dispatchCall({ ...call, url: edge });
      expect([first.status, first.json.status, first.json.reused]).toEqual([200, "completed", false]);
      const there = await dispatchCall({ ...call, url: `${ready.gateway}/projects/demo/dispatch` });
      expect(there.json).toEqual({ ...first.json, reused: true });
      expect((await dispatchCall({ ...call, url: edge, args: { limit: 2 } })).status).toBe(409);
      const bare = await dispatchCall({ ...call, url: `${await serve({})}/projects/demo/dispatch` });
      expect([bare.status, bare.json.error.code]).toEqual([503, "async_unavailable"]);
    },
    TIMEOUT_MS,
  );
});
