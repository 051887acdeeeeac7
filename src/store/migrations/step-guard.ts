import { type Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE, type Migration } from "kysely/migration";
import { AppError } from "../../core/app-error.ts";
import { engineOf } from "../engine.ts";

/** Which way a migration was begun the last time. */
const UP = 1;
const DOWN = 2;

type Migrations = Readonly<Record<string, Migration>>;

/**
 * Keeps a migration that was cut short from passing for a whole one.
 *
 * MySQL commits every change of a table at once, so no transaction takes back what a killed migration has done. Each one
 * therefore writes down that it has begun, before its first change; one that has begun and that Kysely does not list as
 * done was cut short. The note is a row of Kysely's own lock table, which is there on time and which nobody else reads.
 * On the other engines a migration is one transaction, and this does nothing.
 */
export function guardSteps(db: Kysely<unknown>, migrations: Migrations): Record<string, Migration> {
  if (engineOf(db) !== "mysql") return { ...migrations };
  return Object.fromEntries(Object.entries(migrations).map(([name, migration]) => [name, guarded(name, migration)]));
}

/** Throws `precondition`/`SCHEMA_HALF_MIGRATED` where a migration down has begun and was not finished. */
export async function refuseHalfDown(db: Kysely<unknown>): Promise<void> {
  if (engineOf(db) !== "mysql") return;
  const { rows } = await sql<{ name: string }>`select m.name from ${sql.table(DEFAULT_MIGRATION_TABLE)} m
    join ${sql.table(DEFAULT_MIGRATION_LOCK_TABLE)} l on l.id = m.name where l.is_locked = ${DOWN}`.execute(db);
  const name = rows[0]?.name;
  if (name !== undefined) throw halfMigrated(name);
}

function guarded(name: string, migration: Migration): Migration {
  return {
    async up(db) {
      if ((await noteOf(db, name)) === UP) throw halfMigrated(name);
      await beginning(db, name, UP, () => migration.up(db));
    },
    async down(db) {
      if ((await noteOf(db, name)) === DOWN) throw halfMigrated(name);
      await beginning(db, name, DOWN, async () => migration.down?.(db));
    },
  };
}

/** What fails before it has changed anything was not begun: a user without rights, say, who is given them then. */
async function beginning(db: Kysely<unknown>, name: string, direction: number, run: () => Promise<void>): Promise<void> {
  const before = await noteOf(db, name);
  const shape = await shapeOf(db);
  await note(db, name, direction);
  try {
    await run();
  } catch (thrown) {
    if ((await shapeOf(db)) === shape) await note(db, name, before);
    throw thrown;
  }
}

async function noteOf(db: Kysely<unknown>, name: string): Promise<number | undefined> {
  const { rows } = await sql<{ is_locked: number }>`
    select is_locked from ${sql.table(DEFAULT_MIGRATION_LOCK_TABLE)} where id = ${name}`.execute(db);
  return rows[0]?.is_locked;
}

async function note(db: Kysely<unknown>, name: string, direction: number | undefined): Promise<void> {
  const table = sql.table(DEFAULT_MIGRATION_LOCK_TABLE);
  await sql`delete from ${table} where id = ${name}`.execute(db);
  if (direction !== undefined) await sql`insert into ${table} (id, is_locked) values (${name}, ${direction})`.execute(db);
}

async function shapeOf(db: Kysely<unknown>): Promise<string> {
  const { rows } = await sql`select table_name as t, column_name as c, column_type as d, column_key as k from information_schema.columns
    where table_schema = database() order by table_name, column_name`.execute(db);
  return JSON.stringify(rows);
}

function halfMigrated(name: string): AppError {
  return new AppError("precondition", "SCHEMA_HALF_MIGRATED", `The database is between two schemas: its migration ${name} was cut short`, {
    hint: "restore the database from a backup that was made before; one that held nothing yet is dropped and created anew",
  });
}
