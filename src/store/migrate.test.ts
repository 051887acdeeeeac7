import { expect, test } from "bun:test";
import { type Kysely, sql } from "kysely";
import { onEveryEngineEmpty, type WithUrl } from "./databases.fixture.ts";
import { MIGRATIONS, migrateDown, migrateToLatest } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import type { Schema } from "./schema.ts";

/** Every table of ours with its columns, by name. */
async function tablesOf(db: Kysely<Schema>): Promise<Record<string, string[]>> {
  const tables = await db.introspection.getTables();
  return Object.fromEntries(tables.map(({ name, columns }) => [name, columns.map((column) => column.name).sort()]));
}

async function withOpened(withUrl: WithUrl, run: (db: Kysely<Schema>, url: string) => Promise<void>): Promise<void> {
  await withUrl(async (url) => {
    const { db } = await openDatabase(url);
    try {
      await run(db, url);
    } finally {
      await db.destroy();
    }
  });
}

const CUT_SHORT = { code: "precondition", reason: "SCHEMA_HALF_MIGRATED", hint: expect.any(String) };

onEveryEngineEmpty((engine, withUrl) => {
  test(`${engine}: up, down and up again leaves what the first up made, and down leaves nothing`, () =>
    withOpened(withUrl, async (db) => {
      await migrateToLatest(db);
      const first = await tablesOf(db);
      expect(Object.keys(first)).toEqual(
        expect.arrayContaining(["users", "projects", "servers", "mcp_tokens", "ended_sessions", "content_document", "audit_events"]),
      );
      await migrateDown(db);
      expect(await tablesOf(db)).toEqual({});
      await migrateToLatest(db);
      expect(await tablesOf(db)).toEqual(first);
    }));

  test(`${engine}: a database that is up to date is left as it is, with its rows`, () =>
    withOpened(withUrl, async (db) => {
      await migrateToLatest(db);
      await db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
      await migrateToLatest(db);
      expect(await db.selectFrom("content_category").selectAll().execute()).toEqual([{ id: 1, category: "kept" }]);
    }));

  test(`${engine}: a database that a newer build has migrated is refused, untouched`, () =>
    withOpened(withUrl, async (db) => {
      await migrateToLatest(db);
      const migrations = db.withTables<{ kysely_migration: { name: string; timestamp: string } }>();
      await migrations.insertInto("kysely_migration").values({ name: "9999-later", timestamp: "2030-01-01T00:00:00.000Z" }).execute();
      const before = await tablesOf(db);
      await expect(migrateToLatest(db)).rejects.toMatchObject({
        code: "precondition",
        reason: "SCHEMA_NEWER",
        message: expect.stringContaining("9999-later"),
        hint: expect.any(String),
      });
      expect(await tablesOf(db)).toEqual(before);
    }));

  // MySQL knows no transaction around changes of tables.
  if (engine === "MariaDB") cutShortInParts(engine, withUrl);
  else cutShortWhole(engine, withUrl);
  if (engine !== "SQLite") severalAtOnce(engine, withUrl);
  if (engine === "Postgres") besideOthers(withUrl);
});

/** The last table of the second migration stands already, so it fails near its end. */
const BLOCKING = "content_role_permission";

const block = (db: Kysely<Schema>) => db.schema.createTable(BLOCKING).addColumn("id", "integer").execute();

function cutShortWhole(engine: string, withUrl: WithUrl): void {
  test(`${engine}: a migration that is cut short leaves nothing behind`, () =>
    withOpened(withUrl, async (db) => {
      await block(db);
      await expect(migrateToLatest(db)).rejects.toThrow();
      expect(Object.keys(await tablesOf(db))).toEqual([BLOCKING]);
      await db.schema.dropTable(BLOCKING).execute();
      await migrateToLatest(db);
    }));
}

function cutShortInParts(engine: string, withUrl: WithUrl): void {
  test(`${engine}: a migration that was cut short is never taken for a whole one`, () =>
    withOpened(withUrl, async (db) => {
      await block(db);
      await expect(migrateToLatest(db)).rejects.toMatchObject({ code: "ER_TABLE_EXISTS_ERROR" });
      await db.schema.dropTable(BLOCKING).execute();
      for (const _ of [1, 2]) {
        await expect(migrateToLatest(db)).rejects.toMatchObject({ ...CUT_SHORT, message: expect.stringContaining("0002-content") });
      }
    }));

  test(`${engine}: a migration down that was cut short is refused by the next start`, () =>
    withOpened(withUrl, async (db) => {
      await migrateToLatest(db);
      await db.schema.dropTable("audit_moments").execute();
      await expect(migrateDown(db)).rejects.toThrow();
      await expect(migrateToLatest(db)).rejects.toMatchObject({ ...CUT_SHORT, message: expect.stringContaining("0006-audit-moments") });
    }));

  test(`${engine}: a migration that failed before it had changed anything may run again`, () =>
    withOpened(withUrl, async (db) => {
      await db.schema.createTable("users").addColumn("id", "integer").execute();
      await expect(migrateToLatest(db)).rejects.toMatchObject({ code: "ER_TABLE_EXISTS_ERROR" });
      await db.schema.dropTable("users").execute();
      await migrateToLatest(db);
    }));
}

function severalAtOnce(engine: string, withUrl: WithUrl): void {
  test(`${engine}: of several that migrate a new database at once each finds it whole in the end`, () =>
    withUrl(async (url) => {
      const opened = await Promise.all([1, 2, 3, 4].map(() => openDatabase(url)));
      await Promise.all(opened.map(({ db }) => migrateToLatest(db)));
      const first = opened[0]?.db as Kysely<Schema>;
      expect(await first.selectFrom("feed").selectAll().execute()).toEqual([{ id: 1, revision: 0 }]);
      const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(first);
      expect(rows.map(({ name }) => name)).toEqual(Object.keys(MIGRATIONS));
      await Promise.all(opened.map(({ db }) => db.destroy()));
    }));
}

function besideOthers(withUrl: WithUrl): void {
  test("Postgres: the tables of another schema are another's", () =>
    withOpened(withUrl, async (db, url) => {
      await migrateToLatest(db);
      await sql`create schema other`.execute(db);
      const database = new URL(url).pathname.slice(1);
      await sql`alter database ${sql.id(database)} set search_path = other`.execute(db);
      const { db: other } = await openDatabase(url);
      await migrateToLatest(other);
      expect((await other.introspection.getTables()).filter(({ name }) => name === "feed").map(({ schema }) => schema)).toEqual([
        "other",
        "public",
      ]);
      await migrateDown(other);
      expect(await db.selectFrom("feed").selectAll().execute()).toHaveLength(1);
      await other.destroy();
    }));

  test("Postgres: a user who may not make tables is told so, and nothing is made", () =>
    withOpened(withUrl, async (db, url) => {
      const role = `mcpctl_test_${new URL(url).pathname.slice(-12)}`;
      await sql`create role ${sql.id(role)} login password 'p'`.execute(db);
      const guest = new URL(url);
      [guest.username, guest.password] = [role, "p"];
      const { db: denied } = await openDatabase(guest.href);
      await sql`revoke create on schema public from public`.execute(db);
      await expect(migrateToLatest(denied)).rejects.toMatchObject({ code: "precondition", reason: "SCHEMA_CHANGE_DENIED" });
      await denied.destroy();
      await sql`drop role ${sql.id(role)}`.execute(db);
      expect(await tablesOf(db)).toEqual({});
    }));
}
