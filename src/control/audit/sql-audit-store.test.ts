import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { AuditFilter } from "../../api/endpoints/audit-endpoints.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import { inScope } from "./audit-filter.ts";
import { requestDraft, withAuditLog } from "./audit-log.fixture.ts";
import type { AuditStore } from "./audit-store.ts";
import type { AuditLog } from "./open-audit-log.ts";

const at = (second: number) => new Date(Date.parse("2026-03-01T12:00:00.000Z") + second * 1000).toISOString();
const sha = (digit: string) => digit.repeat(64);

const DRAFTS: readonly AuditDraft[] = [
  requestDraft({
    at: at(0),
    tokenName: "ci",
    tokenSha: sha("a"),
    project: "demo",
    server: "content",
    tool: "search",
    status: 200,
    traceId: "t-1",
  }),
  requestDraft({
    at: at(1),
    tokenName: "ci",
    tokenSha: sha("b"),
    project: "other",
    server: "content",
    tool: "get",
    status: 200,
    traceId: "t-2",
  }),
  requestDraft({ at: at(2), kind: "rbac_decision", outcome: "refused", user: "bob", project: "demo", status: 403, traceId: "t-2" }),
  requestDraft({ at: at(2), tokenName: "vllm-token", tokenSha: sha("c"), project: "vllm", tool: "search", status: 200 }),
  requestDraft({ at: at(3), kind: "gate_decision", outcome: "refused", actorKind: "none", user: undefined, status: 401 }),
];

async function withEvents(db: Parameters<typeof withAuditLog>[0]["db"], run: (log: AuditLog) => Promise<void>): Promise<void> {
  await withAuditLog({ db }, async (log) => {
    for (const draft of DRAFTS) log.sink.record(draft);
    await log.verify(new AbortController().signal);
    await run(log);
  });
}

const FILTERS: readonly (readonly [AuditFilter, readonly number[]])[] = [
  [{}, [5, 4, 3, 2, 1]],
  [{ tokenName: "ci" }, [2, 1]],
  [{ tokenSha: sha("b") }, [2]],
  [{ tokenName: "ci", tokenSha: sha("c") }, []],
  [{ tokenName: "vllm-token" }, [4]],
  [{ user: "bob" }, [3]],
  [{ project: "demo" }, [3, 1]],
  [{ server: "content" }, [2, 1]],
  [{ tool: "search" }, [4, 1]],
  [{ status: 401 }, [5]],
  [{ kind: "rbac_decision" }, [3]],
  [{ outcome: "refused" }, [5, 3]],
  [{ traceId: "t-2" }, [3, 2]],
  [{ since: at(2) }, [5, 4, 3]],
  [{ until: at(2) }, [2, 1]],
  [{ tool: "\0" }, []],
  [{ status: 2 ** 40 }, []],
  // No milliseconds: another text of the same instant.
  [{ since: "2026-03-01T12:00:02Z", until: "2026-03-01T12:00:02.001Z" }, [4, 3]],
];

/** Sequences of all events, by pages of two. */
async function walk(store: AuditStore, descending: boolean, betweenPages: () => Promise<void>): Promise<number[]> {
  const seen: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { items, nextCursor } = await store.list({ filter: {}, projects: "all" }, { limit: 2, after, descending });
    seen.push(...items.map(({ sequence }) => sequence));
    cursor = nextCursor;
    await betweenPages();
  }
  return seen;
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: events are found by token name, token hash and every other filter, newest first`, () =>
    withDatabase((db) =>
      withEvents(db, async ({ store }) => {
        const page = { limit: 10, after: undefined, descending: true };
        const { items } = await store.list({ filter: {}, projects: "all" }, page);
        for (const [filter, sequences] of FILTERS) {
          const found = await store.list({ filter, projects: "all" }, page);
          expect({ filter, found: found.items.map(({ sequence }) => sequence) }).toEqual({ filter, found: [...sequences] });
          // The live tail filters without the database, and must find the same.
          expect(items.filter((event) => inScope({ filter, projects: "all" }, event))).toEqual([...found.items]);
        }
      }),
    ));

  test(`${engine}: who sees only some projects finds their events alone`, () =>
    withDatabase((db) =>
      withEvents(db, async ({ store }) => {
        const scope = { filter: {}, projects: new Set(["demo", "vllm", "none"]) };
        const { items } = await store.list(scope, { limit: 10, after: undefined, descending: true });
        expect(items.map(({ sequence }) => sequence)).toEqual([4, 3, 1]);
        for (const event of items) expect(inScope(scope, event)).toBe(true);
        expect(inScope(scope, { ...DRAFTS[4], id: "x", writer: "w", sequence: 1, hash: "" } as never)).toBe(false);
      }),
    ));

  test(`${engine}: pages hold every event once, whatever is written meanwhile, both ways`, () =>
    withDatabase((db) =>
      withEvents(db, async ({ store, sink, verify }) => {
        const meanwhile = async () => {
          sink.record(requestDraft({ at: at(10) }));
          await verify(new AbortController().signal);
        };
        expect(await walk(store, true, meanwhile)).toEqual([5, 4, 3, 2, 1]);
        expect(await walk(store, false, async () => {})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        for (const forged of [
          { value: at(0), id: "nothing" },
          { value: "\0", id: "w-1" },
          { value: "", id: "w-1" },
        ]) {
          const page = { limit: 2, after: forged, descending: true };
          await expect(store.list({ filter: {}, projects: "all" }, page)).rejects.toMatchObject({
            code: "invalid",
            reason: "CURSOR_INVALID",
          });
        }
      }),
    ));

  test(`${engine}: one event is had by its id, and an id that is none finds nothing`, () =>
    withDatabase((db) =>
      withEvents(db, async ({ store }) => {
        expect(await store.get("mcpd-1-4")).toMatchObject({ id: "mcpd-1-4", tokenName: "vllm-token", tokenSha: sha("c") });
        for (const id of ["mcpd-1-6", "mcpd-2-1", "mcpd-1", "4", "", "mcpd-1-4'"]) expect(await store.get(id)).toBeUndefined();
      }),
    ));

  test(`${engine}: the token columns have indexes that a query by them can use`, () =>
    withDatabase((db) =>
      withEvents(db, async ({ store }) => {
        const page = { limit: 10, after: undefined, descending: true };
        const by = async (filter: AuditFilter) =>
          (await store.list({ filter, projects: "all" }, page)).items.map(({ sequence }) => sequence);
        const table = (await db.introspection.getTables()).find(({ name }) => name === "audit_events");
        expect(table?.columns.map(({ name }) => name)).toEqual(expect.arrayContaining(["token_name", "token_sha"]));
        // What the index does not tell of is not found: nothing else was looked through.
        await db.deleteFrom("audit_moments").where("field", "=", "token_name").where("value", "=", "ci").execute();
        expect([await by({ tokenName: "ci" }), await by({ tokenName: "vllm-token" }), await by({ tokenSha: sha("a") })]).toEqual([
          [],
          [4],
          [1],
        ]);
        await db.deleteFrom("audit_moments").where("field", "=", "token_sha").execute();
        expect(await by({ tokenSha: sha("a") })).toEqual([]);
      }),
    ));
});
