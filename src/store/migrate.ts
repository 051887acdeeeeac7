import { type Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type Migration, type MigrationResultSet, Migrator } from "kysely/migration";
import { AppError } from "../core/app-error.ts";
import { engineOf } from "./engine.ts";
import { controlMigration } from "./migrations/0001-control.ts";
import { contentMigration } from "./migrations/0002-content.ts";
import { accessMigration } from "./migrations/0003-access.ts";
import { serverPolicyMigration } from "./migrations/0004-server-policy.ts";
import { dispatchTasksMigration } from "./migrations/0005-dispatch-tasks.ts";
import { auditMomentsMigration } from "./migrations/0006-audit-moments.ts";
import { nodesMigration } from "./migrations/0007-nodes.ts";
import { taskQueueMigration } from "./migrations/0008-task-queue.ts";
import { guardSteps, refuseHalfDown } from "./migrations/step-guard.ts";
import type { Schema } from "./schema.ts";

/** In this order, by name. One set for every engine. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-control": controlMigration,
  "0002-content": contentMigration,
  "0003-access": accessMigration,
  "0004-server-policy": serverPolicyMigration,
  "0005-dispatch-tasks": dispatchTasksMigration,
  "0006-audit-moments": auditMomentsMigration,
  "0007-nodes": nodesMigration,
  "0008-task-queue": taskQueueMigration,
};

/**
 * Brings the database to this build's schema. Processes that do so at once wait for each other.
 *
 * Throws `precondition`: `SCHEMA_NEWER` where a newer build has already migrated it, `SCHEMA_HALF_MIGRATED` where a
 * migration was cut short on MySQL, `SCHEMA_CHANGE_DENIED` where the user may not make tables.
 */
export async function migrateToLatest(db: Kysely<Schema>): Promise<void> {
  const schema = await schemaOf(db);
  await refuseNewerSchema(db, schema);
  requireSuccess(await migratorOf(db, schema).migrateToLatest());
  await refuseHalfDown(db as Kysely<unknown>);
}

/** Takes the last `steps` migrations back, or all. Tests and the migration matrix use it. */
export async function migrateDown(db: Kysely<Schema>, steps = Object.keys(MIGRATIONS).length): Promise<void> {
  const migrator = migratorOf(db, await schemaOf(db));
  for (let step = 0; step < steps; step++) requireSuccess(await migrator.migrateDown());
}

function migratorOf(db: Kysely<Schema>, schema: string | undefined): Migrator {
  const migrations = guardSteps(db as Kysely<unknown>, MIGRATIONS);
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
}

/** Where Postgres makes tables. Kysely's migrator would otherwise take another schema's tables for its own. */
async function schemaOf(db: Kysely<Schema>): Promise<string | undefined> {
  if (engineOf(db) !== "postgres") return undefined;
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db);
  return rows[0]?.name ?? undefined;
}

function requireSuccess({ error }: MigrationResultSet): void {
  if (error === undefined) return;
  if (!DENIED.has((error as { code?: unknown } | null)?.code)) throw error;
  throw new AppError("precondition", "SCHEMA_CHANGE_DENIED", "The user of the database URL may not make or change tables there", {
    cause: error,
    hint: "make the user the owner of the database, or grant it every right on it",
  });
}

const DENIED: ReadonlySet<unknown> = new Set(["42501", "ER_TABLEACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR"]);

async function refuseNewerSchema(db: Kysely<Schema>, schema: string | undefined): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const isThere = tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE && (schema === undefined || table.schema === schema));
  if (!isThere) return;
  const applied = await db.withTables<{ kysely_migration: { name: string } }>().selectFrom("kysely_migration").select("name").execute();
  const unknown = applied.filter((row) => !Object.hasOwn(MIGRATIONS, row.name)).map((row) => row.name);
  if (unknown.length === 0) return;
  throw new AppError("precondition", "SCHEMA_NEWER", `The database was written by a newer mcpctl (it has ${unknown.join(", ")})`, {
    hint: "start the newer mcpctl, or give another database",
  });
}
