import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { Backing, ServerPolicy } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Change } from "../change/change-log.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import type { Server, ServerDetails } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

export interface ServerStoreSetup {
  readonly store: ServerStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
  readonly versionOfProject: (name: string) => Promise<number | undefined>;
}

/** An empty store, beside the projects `one` and `two` (`prj_one`, `prj_two`) and the secret `key`. */
export type WithServerStore = (run: (setup: ServerStoreSetup) => Promise<void>) => Promise<void>;

const at = new Date("2026-01-02T03:04:05.678Z");
const SERVER: Server = {
  id: "srv_1",
  handle: "files",
  description: "what is in the folder, 100 %",
  backing: { kind: "stdio", command: "node", args: ["a b", 'with "quotes"', "é"], env: { KEY: "value" } },
  enabled: true,
  rateLimit: null,
  writeTools: false,
  policy: {},
  version: 1,
  createdAt: at,
  updatedAt: at,
};
const POLICY: ServerPolicy = {
  scopes: { "tools/call": "mcp:admin" },
  denyTools: ["é*"],
  tools: { "a b": { rename: "c", description: 'with "quotes"\n\\ and 😀', hidden: false } },
  concurrency: 4,
  rateLimits: { "tools/call": 0 },
  stream: { enabled: false, heartbeatSeconds: 5, maxSeconds: 60, abortOnDisconnect: false },
  timeouts: { idleSeconds: 1, totalSeconds: 2 },
  maxPayloadBytes: 1024,
  maxResultBytes: 2048,
  maxResultItems: 3,
  era: "modern",
  probe: { intervalSeconds: 30 },
};
const BUILTIN: Backing = { kind: "builtin", name: "content" };
const EVENT: AuditDraft = {
  kind: "rpc",
  outcome: "ok",
  at: "2026-02-01T00:00:00.000Z",
  actorKind: "system",
  actorId: "system",
  actorName: "system",
};
const FIRST = { limit: 10, after: undefined, sort: { field: "handle", descending: false }, names: undefined } as const;

/** What every adapter of `ServerStore` does. */
export function serverStoreContract(name: string, withStore: WithServerStore): void {
  const insertAll = async (store: ServerStore, ...handles: readonly string[]) => {
    for (const handle of handles) await store.insert({ ...SERVER, id: `srv_${handle}`, handle, backing: BUILTIN }, [], EVENT);
  };

  test(`${name}: a server comes back as it was saved, whatever backs it`, () =>
    withStore(async ({ store, changes }) => {
      const backings: Backing[] = [
        SERVER.backing,
        BUILTIN,
        {
          kind: "url",
          url: "http://127.0.0.1:1/mcp",
          headers: { "X-A": "b" },
          secretHeaders: { Authorization: "key" },
          allowAddresses: ["10.0.0.0/8"],
        },
        { kind: "stdio", command: "npx", args: [], env: {}, secretEnv: { KEY: "key" }, sharing: "per_session" },
        { kind: "url", url: "http://127.0.0.1:1/sse", transport: "sse" },
      ];
      for (const [index, backing] of backings.entries()) {
        const server = {
          ...SERVER,
          id: `srv_${index}`,
          handle: `s${index}`,
          backing,
          enabled: index % 2 === 0,
          rateLimit: index * 10 || null,
          writeTools: index % 2 === 1,
          policy: index % 2 === 1 ? POLICY : {},
        };
        expect(await store.insert(server, [], EVENT)).toEqual({ ...server, projects: [] });
        expect(await store.byHandle(server.handle)).toEqual({ ...server, projects: [] });
        expect(await store.byId(server.id)).toEqual({ ...server, projects: [] });
        expect(changes.at(-1)).toEqual({ event: EVENT, touched: [{ kind: "servers", ref: server.id }] });
      }
      for (const other of ["none", "S0", "s0 "]) expect(await store.byHandle(other)).toBeUndefined();
      expect((await store.all()).map(({ handle }) => handle)).toEqual(["s0", "s1", "s2", "s3", "s4"]);
    }));

  test(`${name}: a handle is taken once, and of those who want it at once one gets it`, () =>
    withStore(async ({ store, changes }) => {
      const racing = ["srv_1", "srv_2", "srv_3"].map((id) => store.insert({ ...SERVER, id }, ["one"], EVENT));
      const outcomes = await Promise.allSettled(racing);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const taken = { code: "conflict", reason: "SERVER_HANDLE_TAKEN" };
      for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(taken);
      expect(await store.all()).toHaveLength(1);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a server that is saved into projects is the last of each, and they have changed with it`, () =>
    withStore(async ({ store, changes, versionOfProject }) => {
      await store.insert({ ...SERVER, id: "srv_z", handle: "z" }, ["one"], EVENT);
      const saved = await store.insert(SERVER, ["two", "one"], EVENT);
      expect(saved.projects).toEqual(["one", "two"]);
      expect(await store.byHandle("files")).toEqual(saved);
      expect((await store.ofProject("prj_one")).map(({ handle }) => handle)).toEqual(["z", "files"]);
      expect((await store.ofProject("prj_two")).map(({ handle }) => handle)).toEqual(["files"]);
      expect(await Promise.all(["one", "two"].map(versionOfProject))).toEqual([3, 2]);
      const touched = changes
        .at(-1)
        ?.touched.map(({ kind, ref }) => `${kind} ${ref}`)
        .sort();
      expect(touched).toEqual(["projects prj_one", "projects prj_two", "servers srv_1"]);
    }));

  test(`${name}: a server whose projects or secrets are unknown is not saved, nor changed`, () =>
    withStore(async ({ store, changes, versionOfProject }) => {
      const secret: Backing = { kind: "stdio", command: "npx", args: [], env: {}, secretEnv: { A: "key", B: "none" } };
      const unknown = (reason: string) => ({ code: "not_found", reason });
      await expect(store.insert(SERVER, ["one", "none"], EVENT)).rejects.toMatchObject(unknown("PROJECT_UNKNOWN"));
      await expect(store.insert({ ...SERVER, backing: secret }, [], EVENT)).rejects.toMatchObject(unknown("SECRET_UNKNOWN"));
      expect({ servers: await store.all(), recorded: changes.length }).toEqual({ servers: [], recorded: 0 });
      await store.insert(SERVER, [], EVENT);
      const changing = store.change("srv_1", () => ({ backing: secret, enabled: false, event: EVENT }));
      await expect(changing).rejects.toMatchObject(unknown("SECRET_UNKNOWN"));
      expect(await store.byId("srv_1")).toEqual({ ...SERVER, projects: [] });
      expect(await versionOfProject("one")).toBe(1);
    }));

  test(`${name}: a change shows in all that it names and in nothing else, and counts as one version`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(SERVER, ["one"], EVENT);
      await insertAll(store, "other");
      const change = { description: "new", backing: BUILTIN, enabled: false, rateLimit: 60, writeTools: true, policy: POLICY };
      const changed = await store.change("srv_1", (current) => {
        expect(current).toEqual({ ...SERVER, projects: ["one"] });
        return { ...change, event: EVENT };
      });
      const expected = { ...SERVER, ...change, projects: ["one"], version: 2, updatedAt: new Date(EVENT.at) };
      expect(changed).toEqual(expected);
      expect(await store.byId("srv_1")).toEqual(expected);
      const unlimited = await store.change("srv_1", () => ({ rateLimit: null, event: EVENT }));
      expect(unlimited).toEqual({ ...expected, rateLimit: null, version: 3 });
      const readOnly = await store.change("srv_1", () => ({ writeTools: false, event: EVENT }));
      expect(readOnly).toEqual({ ...expected, rateLimit: null, writeTools: false, version: 4 });
      expect(await store.byHandle("other")).toMatchObject({ backing: BUILTIN, enabled: true, version: 1 });
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: [{ kind: "servers", ref: "srv_1" }] });
    }));

  test(`${name}: a plan that changes nothing or refuses leaves everything as it is, and is not recorded`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(SERVER, [], EVENT);
      expect(await store.change("srv_1", () => undefined)).toEqual({ ...SERVER, projects: [] });
      const refuse = () => {
        throw new AppError("precondition", "NO", "no");
      };
      await expect(store.change("srv_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.delete("srv_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      const unknown = { code: "not_found", reason: "SERVER_UNKNOWN" };
      await expect(store.change("srv_9", () => ({ event: EVENT }))).rejects.toMatchObject(unknown);
      await expect(store.delete("srv_9", () => EVENT)).rejects.toMatchObject(unknown);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a server that is deleted leaves its projects, which is a change of theirs`, () =>
    withStore(async ({ store, changes, versionOfProject }) => {
      await store.insert(SERVER, ["one"], EVENT);
      await insertAll(store, "other");
      await store.delete("srv_1", ({ projects }) => ({ ...EVENT, detail: { projects } }));
      expect(await store.byHandle("files")).toBeUndefined();
      expect(await store.ofProject("prj_one")).toEqual([]);
      expect(await Promise.all(["one", "two"].map(versionOfProject))).toEqual([3, 1]);
      expect(changes.at(-1)).toEqual({
        event: { ...EVENT, detail: { projects: ["one"] } },
        touched: [
          { kind: "servers", ref: "srv_1" },
          { kind: "projects", ref: "prj_one" },
        ],
      });
    }));

  test(`${name}: pages follow one another by handle, either way, and show only what is asked for`, () =>
    withStore(async ({ store }) => {
      await insertAll(store, "b", "d", "a", "c");
      await store.change("srv_c", () => ({ backing: SERVER.backing, enabled: false, event: EVENT }));
      await store.insert({ ...SERVER, handle: "e", backing: { kind: "url", url: 'http://a/{"kind":"stdio"' } }, ["two"], EVENT);
      const handles = (page: Page<ServerDetails>) => page.items.map(({ handle }) => handle);
      const first = await store.page({}, { ...FIRST, limit: 3 });
      expect(handles(first)).toEqual(["a", "b", "c"]);
      const second = await store.page({}, { ...FIRST, limit: 3, after: decodeCursor(first.nextCursor ?? "") });
      expect({ handles: handles(second), next: second.nextCursor }).toEqual({ handles: ["d", "e"], next: null });
      expect(handles(await store.page({}, { ...FIRST, limit: 2, sort: { field: "handle", descending: true } }))).toEqual(["e", "d"]);
      expect(handles(await store.page({}, { ...FIRST, names: new Set(["b", "e"]), limit: 1 }))).toEqual(["b"]);
      expect(handles(await store.page({ backing: "stdio" }, FIRST))).toEqual(["c"]);
      expect(handles(await store.page({ backing: "url" }, FIRST))).toEqual(["e"]);
      expect(handles(await store.page({ enabled: false }, FIRST))).toEqual(["c"]);
      expect(handles(await store.page({ enabled: true, backing: "builtin" }, FIRST))).toEqual(["a", "b", "d"]);
      expect(handles(await store.page({ project: "two" }, FIRST))).toEqual(["e"]);
      expect(handles(await store.page({ handle: "d" }, FIRST))).toEqual(["d"]);
    }));
}
