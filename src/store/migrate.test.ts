import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { migrateDown, migrateToLatest } from "./migrate.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";

/** Every table of ours with its columns, by name. */
async function tablesOf(db: Kysely<Schema>): Promise<Record<string, string[]>> {
  const tables = await db.introspection.getTables();
  return Object.fromEntries(tables.map(({ name, columns }) => [name, columns.map((column) => column.name).sort()]));
}

async function withDatabase(run: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
  const db = openSqlite(":memory:");
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}

test("up, down and up again leaves what the first up made, and down leaves nothing", () =>
  withDatabase(async (db) => {
    await migrateToLatest(db);
    const first = await tablesOf(db);
    expect(Object.keys(first)).toEqual(
      expect.arrayContaining(["users", "projects", "servers", "mcp_tokens", "ended_sessions", "content_document"]),
    );
    await migrateDown(db);
    expect(await tablesOf(db)).toEqual({});
    await migrateToLatest(db);
    expect(await tablesOf(db)).toEqual(first);
  }));

test("a database that is up to date is left as it is, with its rows", () =>
  withDatabase(async (db) => {
    await migrateToLatest(db);
    const user = { id: "usr_1", username: "admin", password_hash: null, admin: 1, created_at: "2026-01-01T00:00:00.000Z" } as const;
    await db.insertInto("users").values(user).execute();
    await migrateToLatest(db);
    expect(await db.selectFrom("users").selectAll().execute()).toEqual([user]);
  }));

test("a database that a newer build has migrated is refused, untouched", () =>
  withDatabase(async (db) => {
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

test("a migration that is cut short leaves nothing behind", async () => {
  const db = openSqlite(":memory:");
  // The last table of the last migration stands already, so the run fails near its end.
  await db.schema.createTable("content_role_permission").addColumn("id", "integer").execute();
  const before = await db.introspection.getTables();
  await expect(migrateToLatest(db)).rejects.toThrow();
  expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  await db.schema.dropTable("content_role_permission").execute();
  await migrateToLatest(db);
  await db.destroy();
});
