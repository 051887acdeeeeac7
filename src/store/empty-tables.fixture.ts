import { type Kysely, sql } from "kysely";
import { engineOf } from "./engine.ts";
import type { Schema } from "./schema.ts";

/**
 * Remembers what a freshly migrated database holds, and gives what brings it back to that.
 *
 * Rows are deleted and tables kept: on a server that takes milliseconds, and making the tables hundreds.
 */
export async function emptierOf(db: Kysely<Schema>): Promise<() => Promise<void>> {
  const tables = await tablesOf(db);
  const seeded = new Map<string, readonly Record<string, unknown>[]>();
  for (const table of tables) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
    if (rows.length > 0) seeded.set(table, rows);
  }
  return () => empty(db, tables, seeded);
}

async function empty(db: Kysely<Schema>, tables: readonly string[], seeded: ReadonlyMap<string, readonly object[]>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const filled = await filledOf(connection, tables);
    await ignoringForeignKeys(connection, async () => {
      for (const table of filled) await sql`delete from ${sql.table(table)}`.execute(connection);
    });
    for (const [table, rows] of seeded) {
      await connection
        .insertInto(table as never)
        .values(rows as never)
        .execute();
    }
  });
}

/** One question for all tables instead of one each. */
async function filledOf(db: Kysely<Schema>, tables: readonly string[]): Promise<readonly string[]> {
  const questions = tables.map((table, index) => sql`select ${sql.lit(index)} as place where exists (select 1 from ${sql.table(table)})`);
  const { rows } = await sql<{ place: number }>`${sql.join(questions, sql` union all `)} order by place`.execute(db);
  return rows.flatMap(({ place }) => tables[Number(place)] ?? []);
}

/** Postgres deletes in an order that keeps every reference; MySQL tells no such order. */
async function ignoringForeignKeys(db: Kysely<Schema>, run: () => Promise<void>): Promise<void> {
  if (engineOf(db) !== "mysql") return run();
  await sql`set session foreign_key_checks = 0`.execute(db);
  await run();
  await sql`set session foreign_key_checks = 1`.execute(db);
}

/** On Postgres newest first: a table refers only to tables that were there before it. */
async function tablesOf(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables =
    engineOf(db) === "postgres"
      ? sql<{ name: string }>`select relname as name from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace
          and relname not like 'kysely%' order by oid desc`
      : sql<{ name: string }>`select table_name as name from information_schema.tables where table_schema = database()
          and table_name not like 'kysely%'`;
  const { rows } = await tables.execute(db);
  return rows.map(({ name }) => name);
}
