import { expect, test } from "bun:test";
import { sql } from "kysely";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import { engineOf } from "../../src/store/engine.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { type OpenDatabase, openDatabase } from "../../src/store/open-database.ts";
import { checkRows } from "./check-rows.ts";
import { checkTables } from "./check-tables.ts";

onEveryEngineEmpty((engine, withUrl) => {
  const withSchema = (run: (opened: OpenDatabase) => Promise<void>) =>
    withUrl(async (url) => {
      const opened = await openDatabase(url);
      await migrateToLatest(opened.db);
      await run(opened);
      await opened.db.destroy();
    });

  test(`${engine}: what the migrations make is what is expected, and rows can be written twice over`, () =>
    withSchema(async (opened) => {
      expect(await checkTables(opened)).toMatch(/^\d+ tables, \d+ indexes, \d+ references$/);
      await checkRows(opened.db);
      await checkRows(opened.db);
    }));

  test(`${engine}: a missing index, a column and a table too many are found`, () =>
    withSchema(async (opened) => {
      const { db } = opened;
      const drop = db.schema.dropIndex("rbac_subjects_name");
      await (engineOf(db) === "mysql" ? drop.on("rbac_subjects") : drop).execute();
      await expect(checkTables(opened)).rejects.toThrow("no index on rbac_subjects(kind, name)");
      await db.schema.alterTable("feed").addColumn("more", "integer").execute();
      await expect(checkTables(opened)).rejects.toThrow("columns of feed: missing none, not expected more");
      await db.schema.createTable("stray").addColumn("id", "integer").execute();
      await expect(checkTables(opened)).rejects.toThrow("tables: missing none, not expected stray");
    }));

  test(`${engine}: an index that is no longer unique and a reference that is gone are found`, () =>
    withSchema(async (opened) => {
      const { db } = opened;
      await db.schema.dropTable("user_group_members").execute();
      await sql`create table user_group_members (group_id varchar(40) not null, user_id varchar(40) not null)`.execute(db);
      await expect(checkTables(opened)).rejects.toThrow("no unique index on user_group_members(group_id, user_id)");
      await sql`create unique index members on user_group_members (group_id, user_id)`.execute(db);
      await sql`create index members_user on user_group_members (user_id)`.execute(db);
      await expect(checkTables(opened)).rejects.toThrow("references: missing user_group_members(group_id) to user_groups, goes with it");
    }));

  test(`${engine}: a table that takes two of one name is found`, () =>
    withSchema(async ({ db }) => {
      const renamed = sql`alter table users rename to users_before`;
      await renamed.execute(db);
      await sql`create table users as select * from users_before`.execute(db);
      await expect(checkRows(db)).rejects.toThrow("a user name was taken twice");
    }));
});
