import { expect, test } from "bun:test";
import { sql } from "kysely";
import { onEveryEngine, onServers } from "./databases.fixture.ts";
import { retryTransaction } from "./retry-transaction.ts";

/** Counts the pauses instead of waiting them. */
function counted() {
  const pauses: number[] = [];
  return {
    pauses,
    timing: {
      wait: async (ms: number) => {
        pauses.push(ms);
      },
      random: () => 0.5,
    },
  };
}

const CODES = ["40001", "40P01", "ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"];

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: a transaction that the database gave up runs again, and nothing of the first run stays`, () =>
    withDatabase(async (db) => {
      for (const [index, code] of CODES.entries()) {
        const { pauses, timing } = counted();
        let runs = 0;
        const result = await retryTransaction(
          db,
          async (tx) => {
            runs++;
            await tx.insertInto("content_category").values({ id: index, category: code }).execute();
            if (runs < 3) throw Object.assign(new Error("given up"), { code });
            return runs;
          },
          timing,
        );
        expect(result).toBe(3);
        expect(pauses).toEqual([8, 15]);
      }
      expect(await db.selectFrom("content_category").selectAll().execute()).toHaveLength(CODES.length);
    }));

  test(`${engine}: it gives up after eight runs, and at once where it is told anything else`, () =>
    withDatabase(async (db) => {
      const runsOf = async (code: string, message = code) => {
        let runs = 0;
        const run = () => {
          runs++;
          throw Object.assign(new Error(message), { code });
        };
        await expect(retryTransaction(db, run, counted().timing)).rejects.toMatchObject({ code });
        return runs;
      };
      expect(await runsOf("40001")).toBe(8);
      for (const code of ["23505", "ECONNRESET", "57P01", "ER_DUP_ENTRY", "SQLITE_FULL"]) {
        expect(await runsOf(code, "deadlock detected, SQLITE_BUSY, 40001")).toBe(1);
      }
    }));
});

onServers((engine, withServer) => {
  test(`${engine}: two transactions that wait for each other both succeed in the end`, () =>
    withServer(async (db) => {
      await db
        .insertInto("content_category")
        .values([
          { id: 1, category: "" },
          { id: 2, category: "" },
        ])
        .execute();
      const bothHold = meeting(2);
      let runs = 0;
      const lock = (first: number, second: number) =>
        retryTransaction(db, async (tx) => {
          const add = (id: number) =>
            tx
              .updateTable("content_category")
              .set({ category: sql`category || ${String(first)}` })
              .where("id", "=", id)
              .execute();
          runs++;
          await add(first);
          await bothHold();
          await add(second);
        });
      await Promise.all([lock(1, 2), lock(2, 1)]);
      expect(runs).toBe(3);
      const rows = await db.selectFrom("content_category").select("category").execute();
      expect(rows.map(({ category }) => category.split("").sort().join(""))).toEqual(["12", "12"]);
    }));
});

/** Resolves for all once `count` have come, and at once for those who come later. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let come = 0;
  return () => {
    come++;
    if (come >= count) resolve();
    return promise;
  };
}
