import type { Kysely } from "kysely";
import { seedContent } from "../gateway/builtin/content/seed-content.ts";
import { migrateToLatest } from "../store/migrate.ts";
import type { Schema } from "../store/schema.ts";
import { openSqlite } from "../store/sqlite/open-sqlite.ts";

/** The built-in servers' content, which is the same for every installation: in memory, made anew at each start. */
export async function openContent(): Promise<Kysely<Schema>> {
  const db = openSqlite(":memory:");
  await migrateToLatest(db);
  await seedContent(db);
  return db;
}
