import { expect, test } from "bun:test";
import { Migrator } from "kysely/migration";
import { onEveryEngineEmpty } from "../databases.fixture.ts";
import { MIGRATIONS, migrateDown, migrateToLatest } from "../migrate.ts";
import { openDatabase } from "../open-database.ts";

const SERVER = { id: "srv_1", handle: "files", description: "", backing: '{"kind":"builtin","name":"content"}', enabled: 1 } as const;
const TIMES = { version: 1, created_at: "2026-01-02T03:04:05.678Z", updated_at: "2026-01-02T03:04:05.678Z" };

onEveryEngineEmpty((engine, withUrl) =>
  test(`${engine}: servers of the schema before have a policy that says nothing, and are as they were when it goes again`, () =>
    withUrl(async (url) => {
      const { db } = await openDatabase(url);
      const names = Object.keys(MIGRATIONS);
      const before = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, names.indexOf("0004-server-policy")));
      await new Migrator({ db, provider: { getMigrations: async () => before } }).migrateToLatest();
      const old = { ...SERVER, ...TIMES, rate_limit: 60, write_tools: 1 } as const;
      await db
        .insertInto("servers")
        .values(old as never)
        .execute();
      await migrateToLatest(db);
      expect(await db.selectFrom("servers").selectAll().execute()).toEqual([{ ...old, policy: "{}" }]);
      await db.updateTable("servers").set({ policy: '{"concurrency":3}' }).execute();
      await migrateDown(db, names.length - names.indexOf("0004-server-policy"));
      expect((await db.selectFrom("servers").selectAll().execute()) as object[]).toEqual([old]);
      await db.destroy();
    })),
);
