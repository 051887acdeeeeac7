import { expect, test } from "bun:test";
import { type Kysely, sql } from "kysely";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { HASHED_COLUMNS } from "./audit-chain.ts";
import { changeDraft, memoryCheckpoints, NOW, requestDraft, testClock, withAuditLog } from "./audit-log.fixture.ts";
import { pruneAudit } from "./prune-audit.ts";
import { type AuditVerdict, verifyAudit } from "./verify-audit.ts";

type Checkpoints = ReturnType<typeof memoryCheckpoints>;
const never = new AbortController().signal;
const day = (number: number) => new Date(Date.parse(NOW) + number * 86_400_000).toISOString();

/** A log of `count` requests, a day apart, that was closed. */
async function fill(db: Kysely<Schema>, checkpoints: Checkpoints, count: number, writer = "w"): Promise<void> {
  await withAuditLog({ db, checkpoints, writer }, async (log) => {
    for (let number = 0; number < count; number += 1)
      log.sink.record(requestDraft({ at: day(number), tool: `t${number}`, detail: { number } }));
  });
}

function verify(db: Kysely<Schema>, checkpoints: Checkpoints): Promise<AuditVerdict> {
  return verifyAudit({ db, checkpoints, writer: "w" }, never);
}

async function prune(db: Kysely<Schema>, checkpoints: Checkpoints, before: string, writer = "w"): Promise<number> {
  let pruned = 0;
  await withAuditLog({ db, checkpoints, writer }, async ({ changes }) => {
    const clock = testClock();
    clock.at = day(100);
    pruned = await pruneAudit({ db, changes, checkpoints, clock, writer }, new Date(before), never);
  });
  return pruned;
}

const findings = async (db: Kysely<Schema>, checkpoints: Checkpoints) =>
  (await verify(db, checkpoints)).chains.flatMap((chain) => chain.findings);
const deleteFrom = (db: Kysely<Schema>, sequence: number) => db.deleteFrom("audit_events").where("sequence", ">=", sequence).execute();

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: every chain is told with what it holds`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 1203);
      await fill(db, memoryCheckpoints(), 2, "another-mcpd");
      expect(await verify(db, checkpoints)).toEqual({
        ok: true,
        events: 1205,
        chains: [
          { writer: "another-mcpd", first: 1, last: 2, events: 2, ok: true, findings: [] },
          { writer: "w", first: 1, last: 1203, events: 1203, ok: true, findings: [] },
        ],
      });
    }));

  test(`${engine}: a row that was changed, removed or cut off in the database is found`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 12);
      await db.updateTable("audit_events").set({ tool: "other" }).where("sequence", "=", 3).execute();
      await db.updateTable("audit_events").set({ token_name: "" }).where("sequence", "=", 5).execute();
      await db.deleteFrom("audit_events").where("sequence", "=", 8).execute();
      await deleteFrom(db, 11);
      expect(await findings(db, checkpoints)).toEqual([
        "event 3 was changed, or the one before it",
        "event 5 was changed, or the one before it",
        "event 8 is missing",
        "the end is cut off: there was an event 12, and the last one is 10",
      ]);
      await db.deleteFrom("audit_events").execute();
      expect(await findings(db, checkpoints)).toEqual(["the end is cut off: there was an event 12, and the last one is 0"]);
    }));

  test(`${engine}: events that a list by their user would leave out are found, and those that were changed are told of once`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 4);
      await db.deleteFrom("audit_moments").where("moment", "=", day(1).slice(0, 21)).execute();
      await db.updateTable("audit_events").set({ user_name: "eve" }).where("sequence", "=", 3).execute();
      expect(await findings(db, checkpoints)).toEqual([
        "event 3 was changed, or the one before it",
        'events of 2026-03-02T12:00:00.0 are not listed by their user name "ada"',
      ]);
    }));

  test(`${engine}: what is said of moments goes when the last event of them has gone`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      const moments = async () =>
        (await db.selectFrom("audit_moments").select("moment").orderBy("moment").execute()).map(({ moment }) => moment);
      await fill(db, checkpoints, 5);
      // Another mcpd's old event stays, as a young one stands behind it.
      await withAuditLog({ db, checkpoints: memoryCheckpoints(), writer: "x" }, async (log) => {
        for (const number of [2, 50]) log.sink.record(requestDraft({ at: day(number) }));
      });
      await prune(db, checkpoints, day(4));
      expect(await moments()).toEqual([2, 2, 3, 4, 50].map((number) => day(number).slice(0, 21)));
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true });
      await db.deleteFrom("audit_events").execute();
      await withAuditLog({ db, checkpoints: memoryCheckpoints(), writer: "x" }, async (log) => {
        for (let number = 0; number < 2100; number += 1) log.sink.record(requestDraft({ at: day(number) }));
      });
      await db.deleteFrom("audit_events").execute();
      await prune(db, memoryCheckpoints(), day(2099), "y");
      expect(await moments()).toEqual([day(2099).slice(0, 21)]);
    }));

  test(`${engine}: what retention takes away leaves a chain that holds, and is an event itself`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 30);
      expect(await prune(db, checkpoints, day(10))).toBe(10);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ writer: "w", first: 11, last: 31, events: 21 }] });
      const event = await db
        .selectFrom("audit_events")
        .select(["action", "outcome", "detail"])
        .where("sequence", "=", 31)
        .executeTakeFirstOrThrow();
      expect({ ...event, detail: JSON.parse(event.detail ?? "") }).toEqual({
        action: "audit.prune",
        outcome: "ok",
        detail: { writer: "w", from: 1, to: 10, events: 10, before: day(10) },
      });
      // The event of the first prune is younger than the cutoff, so it stands behind the last one that goes.
      expect(await prune(db, checkpoints, day(99))).toBe(20);
      expect(await prune(db, checkpoints, day(99))).toBe(0);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ first: 31, last: 32, events: 2 }] });
    }));

  test(`${engine}: more events than one transaction takes are pruned by several`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await withAuditLog({ db, checkpoints, writer: "w" }, async (log) => {
        for (let number = 0; number < 4500; number += 1) log.sink.record(requestDraft());
      });
      expect(await prune(db, checkpoints, day(1))).toBe(4500);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ first: 4501, last: 4503, events: 3 }] });
    }));

  test(`${engine}: an old event behind a young one stays, and so does what no signed checkpoint covers`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await withAuditLog({ db, checkpoints, writer: "w" }, async (log) => {
        for (const number of [0, 1, 50, 2]) log.sink.record(requestDraft({ at: day(number) }));
      });
      expect(await prune(db, checkpoints, day(10))).toBe(2);
      const fourth = checkpoints.kept.filter(({ sequence }) => sequence !== 4 && sequence !== 5);
      checkpoints.kept = fourth;
      await expect(
        pruneAudit(
          { db, changes: { commit: () => Promise.reject(new Error("pruned")) }, checkpoints, clock: testClock(), writer: "w" },
          new Date(day(200)),
          never,
        ),
      ).resolves.toBe(0);
    }));

  test(`${engine}: a beginning that retention did not take away is found, with and without an anchor`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 20);
      await prune(db, checkpoints, day(5));
      const sixth = await db.selectFrom("audit_events").selectAll().where("sequence", "=", 6).executeTakeFirstOrThrow();
      await db.deleteFrom("audit_events").where("sequence", "=", 6).execute();
      expect(await findings(db, checkpoints)).toEqual(["the beginning is cut off: event 6 is missing"]);
      await db.updateTable("audit_anchors").set({ sequence: 6, hash: sixth.hash }).execute();
      expect(await findings(db, checkpoints)).toEqual(["the beginning is cut off: retention did not take away the events up to 6"]);
      await db.deleteFrom("audit_anchors").execute();
      expect(await findings(db, checkpoints)).toEqual(["the beginning is cut off: events 1 to 6 are missing"]);
    }));

  test(`${engine}: what was wrong with events that retention takes away is told in the event of the prune`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 10);
      await db.updateTable("audit_events").set({ tool: "other" }).where("sequence", "=", 3).execute();
      await prune(db, checkpoints, day(5));
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true });
      const event = await db.selectFrom("audit_events").select(["outcome", "detail"]).where("sequence", "=", 11).executeTakeFirstOrThrow();
      expect({ ...event, detail: JSON.parse(event.detail ?? "") }).toMatchObject({
        outcome: "failed",
        detail: { findings: ["event 3 was changed, or the one before it"] },
      });
    }));

  test(`${engine}: another mcpd's chain is left to it until all of it is old`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, memoryCheckpoints(), 10, "another-mcpd");
      expect(await prune(db, checkpoints, day(5))).toBe(0);
      expect(await prune(db, checkpoints, day(10))).toBe(10);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ writer: "another-mcpd", events: 0 }, { writer: "w" }] });
    }));

  test(`${engine}: after a restart the chain goes on where it was`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      for (const count of [3, 2, 1]) await fill(db, checkpoints, count);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ writer: "w", first: 1, last: 6, events: 6 }] });
      await prune(db, checkpoints, day(99));
      await fill(db, checkpoints, 1);
      expect(await verify(db, checkpoints)).toMatchObject({ ok: true, chains: [{ first: 7, last: 8 }] });
    }));

  test(`${engine}: a chain that does not end as it was signed is never gone on with, and stays found`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await fill(db, checkpoints, 10);
      await deleteFrom(db, 8);
      const cutOff = "the end is cut off: there was an event 10, and the last one is 7";
      await fill(db, checkpoints, 3);
      expect(await verify(db, checkpoints)).toMatchObject({
        ok: false,
        chains: [
          { writer: "w", last: 7, findings: [cutOff] },
          { writer: "w.2", first: 1, last: 4, ok: true },
        ],
      });
      const told = await db.selectFrom("audit_events").select("detail").where("code", "=", "audit_chain_broken").execute();
      expect(told).toEqual([{ detail: '{"broken":["w"],"continuedIn":"w.2"}' }]);
      await fill(db, checkpoints, 1);
      expect(await findings(db, checkpoints)).toEqual([cutOff]);
    }));
});

test("a checkpoint file that was removed or forged is found, also after the next start", async () => {
  const db = await openMemoryDatabase();
  const checkpoints = memoryCheckpoints();
  await fill(db, checkpoints, 5);
  checkpoints.damage = ["line 1 of the checkpoint file was not signed by this installation"];
  expect(await findings(db, checkpoints)).toEqual(checkpoints.damage);
  checkpoints.damage = [];
  checkpoints.kept = [];
  const removed = "no signed checkpoint is there: the checkpoint file was removed or forged";
  expect(await findings(db, checkpoints)).toEqual([removed]);
  await fill(db, checkpoints, 1);
  expect(await findings(db, checkpoints)).toEqual([removed]);
  await db.deleteFrom("audit_events").execute();
  checkpoints.kept = [];
  checkpoints.damage = ["line 1 of the checkpoint file was not signed by this installation"];
  expect(await findings(db, checkpoints)).toContain("line 1 of the checkpoint file was not signed by this installation");
  await db.destroy();
});

test("a change of any column of a stored row is found", async () => {
  const db = await openMemoryDatabase();
  const checkpoints = memoryCheckpoints();
  await withAuditLog({ db, checkpoints, writer: "w" }, async ({ changes, sink }) => {
    await changes.commit(async () => ({ result: 0, change: { event: changeDraft(), touched: [] } }));
    sink.record(requestDraft());
    sink.record(requestDraft());
  });
  for (const column of [...HASHED_COLUMNS, "hash"]) {
    for (const sequence of [1, 2, 3]) {
      const before = sql`from audit_events where writer = 'w' and sequence = ${sequence}`;
      const { rows } = await sql<{ value: unknown }>`select ${sql.ref(column)} as value ${before}`.execute(db);
      const other = column === "sequence" || column === "status" || column === "duration_ms" ? 77 : "x";
      await sql`update audit_events set ${sql.ref(column)} = ${other} where writer = 'w' and sequence = ${sequence}`.execute(db);
      expect({ column, sequence, ok: (await verify(db, checkpoints)).ok }).toEqual({ column, sequence, ok: false });
      const [writer, place] = [column === "writer" ? "x" : "w", column === "sequence" ? 77 : sequence];
      await sql`update audit_events set ${sql.ref(column)} = ${rows[0]?.value} where writer = ${writer} and sequence = ${place}`.execute(
        db,
      );
    }
  }
  expect((await verify(db, checkpoints)).ok).toBe(true);
  await db.destroy();
});

test("a check that is not wanted any more ends", async () => {
  const db = await openMemoryDatabase();
  const checkpoints = memoryCheckpoints();
  await fill(db, checkpoints, 5);
  await expect(verifyAudit({ db, checkpoints, writer: "w" }, AbortSignal.abort())).rejects.toMatchObject({
    code: "canceled",
    reason: "AUDIT_VERIFY_CANCELED",
  });
  await db.destroy();
});
