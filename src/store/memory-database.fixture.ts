import type { Kysely } from "kysely";
import { migrateToLatest } from "./migrate.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";

/** A database in memory with this build's schema. Destroy it when done. */
export async function openMemoryDatabase(): Promise<Kysely<Schema>> {
  const db = openSqlite(":memory:");
  await migrateToLatest(db);
  return db;
}
