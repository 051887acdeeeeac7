import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { migrateToLatest } from "../../store/migrate.ts";
import type { Schema } from "../../store/schema.ts";
import { openSqlite } from "../../store/sqlite/open-sqlite.ts";
import { openSqliteAppender } from "../../store/sqlite/open-sqlite-appender.ts";
import { GENESIS } from "./audit-chain.ts";
import { memoryCheckpoints, requestDraft, testClock } from "./audit-log.fixture.ts";
import { type ChainStore, RequestChain } from "./request-chain.ts";
import { sqlChainStore } from "./sql-chain-store.ts";
import { sqliteChainStore } from "./sqlite/sqlite-chain-store.ts";
import { verifyAudit } from "./verify-audit.ts";

const texts = (...tools: string[]) => tools.map((tool) => JSON.stringify(requestDraft({ tool })));
const batch = (...tools: string[]) => ({ texts: texts(...tools), dropped: 0 });

async function written(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db.selectFrom("audit_events").select(["sequence", "tool", "code", "detail"]).orderBy("sequence").execute();
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, index) => index + 1));
  return rows.map(({ tool, code, detail }) => tool ?? `${code} ${detail}`);
}

/** What every store of a chain must do: `storeOf` gives one on the database. */
function chainContract(
  name: string,
  withStore: (run: (db: Kysely<Schema>, storeOf: (writer: string) => ChainStore) => Promise<void>) => Promise<void>,
) {
  const chainOn = (store: ChainStore) => new RequestChain({ store, writer: "w", clock: testClock() });

  test(`${name}: batches stand behind each other in a chain that holds, and another keeper goes on with it`, () =>
    withStore(async (db, storeOf) => {
      const first = chainOn(storeOf("w"));
      let tail = await first.append(GENESIS, batch("a", "b"));
      tail = await first.append(tail, batch("c"));
      expect(tail.sequence).toBe(3);
      tail = await chainOn(storeOf("w")).append(tail, batch("d"));
      expect(await written(db)).toEqual(["a", "b", "c", "d"]);
      const checkpoints = memoryCheckpoints();
      await checkpoints.add({ kind: "end", writer: "w", ...tail, at: "2026-03-01T12:00:00.000Z" });
      expect(await verifyAudit({ db, checkpoints, writer: "w" }, new AbortController().signal)).toMatchObject({ ok: true, events: 4 });
    }));

  test(`${name}: a batch that was committed although its try failed is not written twice`, () =>
    withStore(async (db, storeOf) => {
      const store = storeOf("w");
      let lost = 2;
      const chain = chainOn({
        ...store,
        async add(rows) {
          await store.add(rows);
          lost -= 1;
          if (lost >= 0) throw new Error("the connection was lost");
        },
      });
      await expect(chain.append(GENESIS, batch("a", "b"))).rejects.toThrow("lost");
      const tail = await chain.append(GENESIS, batch("a", "b"));
      expect(tail.sequence).toBe(2);
      await expect(chain.append(tail, batch("c"))).rejects.toThrow("lost");
      expect((await chain.append(await chain.append(tail, batch("c")), batch("d"))).sequence).toBe(4);
      expect(await written(db)).toEqual(["a", "b", "c", "d"]);
    }));

  test(`${name}: a batch that fails leaves nothing of itself, and the next try writes all of it`, () =>
    withStore(async (db, storeOf) => {
      const store = storeOf("w");
      let broken = true;
      const chain = chainOn({
        ...store,
        add: (rows) => store.add(broken ? [...rows, ...rows] : rows),
      });
      await expect(chain.append(GENESIS, batch("a", "b"))).rejects.toThrow();
      expect(await written(db)).toEqual([]);
      broken = false;
      await chain.append(GENESIS, batch("a", "b"));
      expect(await written(db)).toEqual(["a", "b"]);
    }));

  test(`${name}: a chain that retention has emptied goes on where it was`, () =>
    withStore(async (db, storeOf) => {
      await db
        .insertInto("audit_anchors")
        .values({ writer: "w", sequence: 70, hash: "a".repeat(64), at: "2026-03-01T12:00:00.000Z" })
        .execute();
      const after = { sequence: 70, hash: "a".repeat(64) };
      expect((await chainOn(storeOf("w")).append(after, batch("a"))).sequence).toBe(71);
      expect(await storeOf("other").tail()).toEqual(GENESIS);
    }));

  test(`${name}: what was dropped is told before what is left, and a text that is no event keeps nobody from being written`, () =>
    withStore(async (db, storeOf) => {
      await chainOn(storeOf("w")).append(GENESIS, { texts: [...texts("a"), "{", "null", ...texts("b\0\ud800")], dropped: 7 });
      const unreadable = "audit_unreadable null";
      expect(await written(db)).toEqual(['audit_dropped {"dropped":7}', "a", unreadable, unreadable, "b\ufffd\ufffd"]);
    }));
}

onEveryEngine((engine, withDatabase) => {
  chainContract(engine, (run) => withDatabase((db) => run(db, (writer) => sqlChainStore(db, writer))));
});

chainContract("SQLite, over a connection of its own", async (run) => {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-chain-"));
  const file = join(folder, "mcpctl.db");
  const db = openSqlite(file);
  await migrateToLatest(db);
  const stores: ChainStore[] = [];
  try {
    await run(db, (writer) => {
      const store = sqliteChainStore(openSqliteAppender(file), writer);
      stores.push(store);
      return store;
    });
  } finally {
    for (const store of stores) await store.close();
    await db.destroy();
    await rm(folder, { recursive: true });
  }
});
