import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { AppError } from "../core/app-error.ts";
import { controlMigration } from "./migrations/0001-control.ts";
import { contentMigration } from "./migrations/0002-content.ts";
import type { Schema } from "./schema.ts";

/** In this order, by name. One set for every engine. */
const MIGRATIONS = { "0001-control": controlMigration, "0002-content": contentMigration };

/**
 * Brings the database to this build's schema.
 *
 * Throws `precondition`/`SCHEMA_NEWER` where a newer build has already migrated it.
 */
export async function migrateToLatest(db: Kysely<Schema>): Promise<void> {
  const migrator = migratorOf(db);
  await refuseNewerSchema(db);
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Takes every migration back. Tests and the migration matrix use it. */
export async function migrateDown(db: Kysely<Schema>): Promise<void> {
  const migrator = migratorOf(db);
  for (const _ of Object.keys(MIGRATIONS)) {
    const { error } = await migrator.migrateDown();
    if (error !== undefined) throw error;
  }
}

function migratorOf(db: Kysely<Schema>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
}

async function refuseNewerSchema(db: Kysely<Schema>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === "kysely_migration")) return;
  const applied = await db.withTables<{ kysely_migration: { name: string } }>().selectFrom("kysely_migration").select("name").execute();
  const unknown = applied.filter((row) => !(row.name in MIGRATIONS)).map((row) => row.name);
  if (unknown.length === 0) return;
  throw new AppError("precondition", "SCHEMA_NEWER", `The database was written by a newer mcpctl (it has ${unknown.join(", ")})`, {
    hint: "start the newer mcpctl, or give another --data-dir",
  });
}
