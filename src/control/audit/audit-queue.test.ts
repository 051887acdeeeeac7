import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import { GENESIS } from "./audit-chain.ts";
import { requestDraft, testClock, until } from "./audit-log.fixture.ts";
import { AuditQueue, type AuditQueueOptions } from "./audit-queue.ts";
import { type RunTransaction, SqlAuditChain } from "./sql-audit-chain.ts";
import { writeToOwnChain } from "./write-to-own-chain.ts";

/** Long enough for no batch to be written by the clock. */
const BY_HAND = { flushMs: 60_000, retry: { firstMs: 60_000, maxMs: 60_000 }, closeMs: 1000 };

function queueOn(db: Kysely<Schema>, options: Partial<AuditQueueOptions> = {}, transaction?: RunTransaction) {
  const failures: unknown[] = [];
  const chain = new SqlAuditChain({ db, transaction: transaction ?? ((run) => retryTransaction(db, run)), writer: "w", tail: GENESIS });
  const queue = new AuditQueue(
    { write: writeToOwnChain(chain, testClock()), clock: testClock(), onFailure: (thrown) => failures.push(thrown) },
    { ...BY_HAND, ...options },
  );
  const record = (first: number, last: number) => {
    for (let number = first; number <= last; number += 1) queue.record(requestDraft({ tool: `t${number}` }));
  };
  return { chain, queue, failures, record };
}

async function written(db: Kysely<Schema>) {
  const rows = await db.selectFrom("audit_events").select(["sequence", "tool", "code", "detail"]).orderBy("sequence").execute();
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, index) => index + 1));
  return rows.map(({ tool, code, detail }) => tool ?? `${code} ${detail}`);
}

const named = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => `t${first + index}`);

async function withMemory(run: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: any number of events is written in order, in one transaction for each batch`, () =>
    withDatabase(async (db) => {
      let transactions = 0;
      const { queue, record } = queueOn(db, { batchSize: 2000 }, (run) => {
        transactions += 1;
        return retryTransaction(db, run);
      });
      record(1, 1171);
      await queue.flush();
      expect(await written(db)).toEqual(named(1, 1171));
      expect(transactions).toBe(1);
    }));

  test(`${engine}: a batch that the database has committed although it said otherwise is not written twice`, () =>
    withDatabase(async (db) => {
      let lost = 2;
      const { queue, record, failures } = queueOn(db, {}, async (run) => {
        const result = await retryTransaction(db, run);
        lost -= 1;
        if (lost >= 0) throw new Error("the connection was lost");
        return result;
      });
      record(1, 3);
      await queue.flush();
      await queue.flush();
      record(4, 4);
      await queue.flush();
      await queue.flush();
      expect(failures).toHaveLength(2);
      expect(await written(db)).toEqual(named(1, 4));
    }));
});

test("a flush writes all that waited when it was asked for, also while another is under way", () =>
  withMemory(async (db) => {
    const { queue, record } = queueOn(db, { batchSize: 10 });
    record(1, 25);
    await queue.flush();
    expect(await written(db)).toEqual(named(1, 25));
    record(26, 28);
    await queue.flush();
    expect(await written(db)).toEqual(named(1, 28));
  }));

test("events are written when a batch is full, or when the first has waited long enough", () =>
  withMemory(async (db) => {
    const full = queueOn(db, { batchSize: 10 });
    full.record(1, 9);
    expect(await written(db)).toEqual([]);
    full.record(10, 10);
    await until(async () => (await written(db)).length === 10);
    const waiting = queueOn(db, { flushMs: 5 });
    await waiting.chain.transact(async () => undefined);
    await db.deleteFrom("audit_events").execute();
    waiting.record(1, 2);
    await until(async () => (await written(db)).length === 2);
  }));

test("while the database is away events are kept in order, and are written by themselves when it is back", () =>
  withMemory(async (db) => {
    let away = true;
    const { queue, record, failures } = queueOn(db, { batchSize: 10, flushMs: 1, retry: { firstMs: 2, maxMs: 4 } }, (run) => {
      if (away) throw new Error("the database is away");
      return retryTransaction(db, run);
    });
    record(1, 25);
    await until(() => failures.length >= 3);
    record(26, 30);
    away = false;
    await until(async () => (await written(db)).length === 30);
    expect(await written(db)).toEqual(named(1, 30));
    expect(await queue.close()).toBe(0);
  }));

test("when too many wait the oldest are dropped, and how many is the next event", () =>
  withMemory(async (db) => {
    let away = true;
    const { queue, record } = queueOn(db, { batchSize: 10, maxWaiting: 20 }, (run) => {
      if (away) throw new Error("the database is away");
      return retryTransaction(db, run);
    });
    record(1, 10);
    await queue.flush();
    // The batch that was tried is kept besides the 20 that wait.
    record(11, 100);
    expect({ waiting: queue.waiting, dropped: queue.dropped }).toEqual({ waiting: 30, dropped: 70 });
    away = false;
    await queue.close();
    expect({ waiting: queue.waiting, dropped: queue.dropped }).toEqual({ waiting: 0, dropped: 70 });
    expect(await written(db)).toEqual([...named(1, 10), 'audit_dropped {"dropped":70}', ...named(81, 100)]);
    const kinds = await db.selectFrom("audit_events").select(["kind", "outcome"]).where("code", "=", "audit_dropped").execute();
    expect(kinds).toEqual([{ kind: "gate_decision", outcome: "failed" }]);
  }));

test("closing writes what waits, and says how many events are lost where it cannot", () =>
  withMemory(async (db) => {
    const { queue, record } = queueOn(db);
    record(1, 1100);
    expect(await queue.close()).toBe(0);
    record(1101, 1102);
    expect(await written(db)).toEqual(named(1, 1100));
    const away = queueOn(db, { closeMs: 20 }, () => Promise.reject(new Error("the database is away")));
    away.record(1, 7);
    expect(await away.queue.close()).toBe(7);
    const hanging = queueOn(db, { closeMs: 20 }, () => new Promise(() => {}));
    hanging.record(1, 3);
    expect(await hanging.queue.close()).toBe(3);
  }));

test("to record never throws and never waits, whatever the draft holds", () =>
  withMemory(async (db) => {
    const { queue } = queueOn(db);
    const hostile = {
      get password() {
        throw new Error("a trap");
      },
      get trap() {
        throw new Error("a trap");
      },
    };
    expect(queue.record(requestDraft({ detail: hostile }))).toBeUndefined();
    queue.record(requestDraft({ at: "never", status: Number.NaN, tool: "x\0\ud800".repeat(1000), tokenSha: "short" }));
    await queue.flush();
    const rows = await db.selectFrom("audit_events").selectAll().orderBy("sequence").execute();
    expect(rows).toMatchObject([{ code: "audit_unreadable" }, { at: "2026-03-01T12:00:00.000Z", status: null, token_sha: null }]);
    expect(rows[1]?.tool).toHaveLength(190);
  }));
