import { describe, expect, test } from "bun:test";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const TIMEOUT_MS = 90_000;
/** Postgres tells at once; elsewhere the feed is looked at every so often. */
const HEARD_LIMIT_MS = 5000;

const scratch = new Scratch("two");

interface Replica {
  readonly up: UpProcess;
  readonly ready: Ready;
}

/** `mcpctl up` on a data folder of its own, the database and the master key shared. */
function start(folder: string, url: string, masterKey: string): UpProcess {
  const program = ["env", `MCPD_MASTER_KEY_FILE=${masterKey}`, programPath("mcpctl"), "up"];
  return scratch.upWithReadyFile(folder, { args: ["--database-url", url], program });
}

async function readied(up: UpProcess): Promise<Replica> {
  return { up, ready: await up.ready(60_000) };
}

async function statusOf({ ready }: Replica, project: string, token: string): Promise<number> {
  return (await new McpCaller(`${ready.gateway}/projects/${project}/mcp`, token).initialize()).status;
}

onEveryEngineEmpty((engine, withUrl) => {
  // SQLite's file is held by one process.
  if (engine === "SQLite") return;
  describe(engine, () => {
    test(
      "what is made, changed and revoked at one mcpd holds at the other, and both keep a chain that verifies",
      () =>
        withUrl(async (url) => {
          const name = `${engine}-${Date.now()}`;
          const masterKey = scratch.path(`${name}.key`);
          const a = await readied(start(`${name}-a`, url, masterKey));
          const b = await readied(start(`${name}-b`, url, masterKey));
          expect(b.ready.admin).toBeNull();
          const admin = await RestCaller.logIn(a.ready);

          await admin.send("POST", "/projects", { name: "shared", servers: ["content"] });
          const token = await admin.makeToken("roaming", "shared");
          await waitUntil("the other serves the new project", async () => (await statusOf(b, "shared", token)) === 200, HEARD_LIMIT_MS);
          await admin.send("POST", "/servers", { handle: "again", backing: { kind: "builtin", name: "content" }, projects: ["shared"] });
          const there = await McpCaller.open(`${b.ready.gateway}/projects/shared/mcp`, token);
          const seesAgain = async () => (await there.toolNames()).some((tool) => tool.startsWith("again__"));
          await waitUntil("the other serves the new server", seesAgain, HEARD_LIMIT_MS);
          expect((await there.call("again__evo.content.search", { limit: 1 })).json.result.isError ?? false).toBe(false);

          const here = new McpCaller(`${a.ready.gateway}/projects/shared/mcp`, token, there.sessionId);
          expect((await here.call("content__evo.content.search", { limit: 1 })).status).toBe(200);
          expect((await here.end()).status).toBe(204);
          const isOver = async () => (await there.call("content__evo.content.search", { limit: 1 })).status === 404;
          await waitUntil("the session is over at the other too", isOver, HEARD_LIMIT_MS);

          await admin.revoke("roaming", "shared");
          await waitUntil("the other refuses the revoked token", async () => (await statusOf(b, "shared", token)) === 401, HEARD_LIMIT_MS);

          const adminThere = await RestCaller.logIn({ api: b.ready.api, admin: a.ready.admin });
          for (const each of [admin, adminThere]) {
            const verdict = await each.send("GET", "/audit-verify");
            expect(verdict).toMatchObject({ ok: true });
            // Each has a chain of changes and one of requests.
            expect(new Set(verdict.chains.map(({ writer }: { writer: string }) => writer.replace(/\.r$/, ""))).size).toBe(2);
          }
          expect([await a.up.stop(), await b.up.stop()]).toEqual([0, 0]);
        }),
      TIMEOUT_MS,
    );

    test(
      "two that start on an empty database at once both serve, and what either shows once opens it",
      () =>
        withUrl(async (url) => {
          const name = `${engine}-at-once-${Date.now()}`;
          const masterKey = scratch.path(`${name}.key`);
          const starting = ["a", "b"].map((letter) => start(`${name}-${letter}`, url, masterKey));
          const replicas = await Promise.all(starting.map(readied));
          const shown = replicas.filter(({ ready }) => ready.admin !== null);
          expect(shown).toHaveLength(1);
          for (const { ready } of shown) await RestCaller.logIn(ready);
          for (const { up } of replicas) expect(await up.stop()).toBe(0);
        }),
      TIMEOUT_MS,
    );
  });
});
