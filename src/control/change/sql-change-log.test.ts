import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { FeedEvent } from "../../api/feed-event.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { changeDraft, memoryCheckpoints, requestDraft, withAuditLog } from "../audit/audit-log.fixture.ts";
import type { AuditLog } from "../audit/open-audit-log.ts";
import type { ChangeLog } from "./change-log.ts";

const touched = (ref: string) => [{ kind: "secrets" as const, ref }];

/** A change of a resource as a store makes one. */
function addSecret(changes: ChangeLog, name: string, project = "demo"): Promise<string> {
  return changes.commit(async (tx) => {
    const at = "2026-03-01T12:00:00.000Z";
    const row = { id: `sec_${name}`, name, description: "", ciphertext: "x", version: 1, created_at: at, updated_at: at };
    await tx.insertInto("secrets").values(row).execute();
    return { result: name, change: { event: changeDraft({ resourceName: name, project }), touched: touched(name) } };
  });
}

async function stateOf(db: Kysely<Schema>) {
  const secrets = await db.selectFrom("secrets").select("name").orderBy("name").execute();
  const events = await db.selectFrom("audit_events").select(["writer", "sequence"]).orderBy("writer").orderBy("sequence").execute();
  const { revision } = await db.selectFrom("feed").select("revision").executeTakeFirstOrThrow();
  const entries = await db.selectFrom("feed_entries").select("revision").orderBy("revision").execute();
  return {
    secrets: secrets.map(({ name }) => name),
    events: events.map(({ writer, sequence }) => `${writer} ${sequence}`),
    revision: Number(revision),
    entries: entries.map((entry) => Number(entry.revision)),
  };
}

function heardBy(log: AuditLog): FeedEvent[] {
  const heard: FeedEvent[] = [];
  log.feed.subscribe((event) => heard.push(event));
  return heard;
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: a change, its audit event and its revision commit together, and the change is announced at once`, () =>
    withDatabase((db) =>
      withAuditLog({ db }, async (log) => {
        const heard = heardBy(log);
        expect(await addSecret(log.changes, "github")).toBe("github");
        expect(heard).toEqual([{ revision: 1, touched: touched("github") }]);
        expect(await stateOf(db)).toEqual({ secrets: ["github"], events: ["mcpd-1 1"], revision: 1, entries: [1] });
        const { items } = await log.store.list({ filter: {}, projects: "all" }, { limit: 10, after: undefined, descending: true });
        expect(items).toMatchObject([{ id: "mcpd-1-1", kind: "rpc", action: "project.create", resourceName: "github" }]);
      }),
    ));

  test(`${engine}: a change that fails at any step leaves nothing, and the next one takes its place`, () =>
    withDatabase((db) =>
      withAuditLog({ db }, async (log) => {
        const heard = heardBy(log);
        await addSecret(log.changes, "one");
        const failing = [
          () => addSecret(log.changes, "one"),
          () =>
            log.changes.commit(async (tx) => {
              await tx.deleteFrom("secrets").execute();
              throw new Error("the use case refuses");
            }),
          // The feed has no room for such a name: the audit event is written before that is found.
          () => log.changes.commit(async () => ({ result: 1, change: { event: changeDraft(), touched: twice("x") } })),
        ];
        for (const fail of failing) await expect(fail()).rejects.toThrow();
        await addSecret(log.changes, "two");
        expect(await stateOf(db)).toEqual({ secrets: ["one", "two"], events: ["mcpd-1 1", "mcpd-1 2"], revision: 2, entries: [1, 2] });
        expect(heard.map(({ revision }) => revision)).toEqual([1, 2]);
        expect(await log.verify(new AbortController().signal)).toMatchObject({ ok: true, events: 2 });
      }),
    ));

  test(`${engine}: what changed nothing is not recorded, and what nobody must read anew has no revision`, () =>
    withDatabase((db) =>
      withAuditLog({ db }, async (log) => {
        const heard = heardBy(log);
        expect(await log.changes.commit(async () => ({ result: 7, change: undefined }))).toBe(7);
        await log.changes.commit(async () => ({ result: 8, change: { event: changeDraft(), touched: [] } }));
        expect(await stateOf(db)).toEqual({ secrets: [], events: ["mcpd-1 1"], revision: 0, entries: [] });
        expect(heard).toEqual([]);
      }),
    ));

  test(`${engine}: the database is told to wake others within the change, with its revision`, () =>
    withDatabase(async (db) => {
      const told: number[] = [];
      const notify = async (_: unknown, revision: number) => {
        if (revision === 2) throw new Error("no");
        told.push(revision);
      };
      await withAuditLog({ db, notify }, async (log) => {
        await addSecret(log.changes, "one");
        await expect(addSecret(log.changes, "two")).rejects.toThrow("no");
        expect(told).toEqual([1]);
        expect((await stateOf(db)).secrets).toEqual(["one"]);
      });
    }));

  test(`${engine}: 200 changes and requests of two mcpds at the same time leave gapless chains and gapless revisions`, () =>
    withDatabase(async (db) => {
      const checkpoints = [memoryCheckpoints(), memoryCheckpoints()] as const;
      await withAuditLog({ db, writer: "a", shared: true, checkpoints: checkpoints[0] }, (first) =>
        withAuditLog({ db, writer: "b", shared: true, checkpoints: checkpoints[1] }, async (second) => {
          const logs = [first, second];
          const heard = logs.map(heardBy);
          const all = oneTo(100).map((number) => {
            const log = number % 2 === 0 ? first : second;
            log.sink.record(requestDraft({ tool: `t${number}` }));
            return addSecret(log.changes, `s${number}`);
          });
          await Promise.all(all);
          const verdicts = () => Promise.all(logs.map((log) => log.verify(new AbortController().signal)));
          // Each writes what it has waiting first; with the second look all of it is there.
          await verdicts();
          for (const verdict of await verdicts()) expect(verdict).toMatchObject({ ok: true, events: 200 });
          const state = await stateOf(db);
          expect(state.events).toEqual(["a", "b"].flatMap((writer) => oneTo(100).map((sequence) => `${writer} ${sequence}`)));
          expect({ revision: state.revision, entries: state.entries }).toEqual({ revision: 100, entries: oneTo(100) });
          expect(await Promise.all(logs.map((log) => log.feed.revision()))).toEqual([100, 100]);
          for (const events of heard) expect(events.map(({ revision }) => revision)).toEqual(oneTo(100));
        }),
      );
    }));
});

/** One entry that stands at two places, of which the second is none: no engine takes it. */
function twice(ref: string) {
  return [...touched(ref), { kind: null as never, ref }];
}
