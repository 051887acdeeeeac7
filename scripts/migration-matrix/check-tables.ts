import { sql } from "kysely";
import type { OpenDatabase } from "../../src/store/open-database.ts";
import { COLUMNS, INDEXES, REFERENCES, UNIQUE } from "./expected-tables.ts";
import { readIndexes, readReferences } from "./read-catalog.ts";

const BOOKKEEPING = ["kysely_migration_lock", "kysely_migration"];

/** Tables and views where this connection makes its own, the migrations' bookkeeping among them. */
export async function tableNames({ db, engine }: OpenDatabase): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (engine !== "postgres") return tables.map(({ name }) => name);
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(db);
  return tables.filter(({ schema }) => schema === rows[0]?.name).map(({ name }) => name);
}

/** Drops what migrations down leave: the tables in which Kysely keeps what it has done. */
export async function dropBookkeeping({ db }: OpenDatabase): Promise<void> {
  for (const table of BOOKKEEPING) await db.schema.dropTable(table).execute();
}

/** Throws where a table, a column, an index or a reference is missing or too many. Returns what it has seen, in words. */
export async function checkTables(opened: OpenDatabase): Promise<string> {
  await checkColumns(opened);
  const indexes = await readIndexes(opened);
  requireAll("unique index", UNIQUE, indexes.unique);
  requireAll("index", INDEXES, indexes.any);
  const references = await readReferences(opened);
  requireSame("references", REFERENCES, references);
  return `${Object.keys(COLUMNS).length} tables, ${UNIQUE.length + INDEXES.length} indexes, ${references.length} references`;
}

async function checkColumns(opened: OpenDatabase): Promise<void> {
  const names = (await tableNames(opened)).filter((name) => !BOOKKEEPING.includes(name));
  requireSame("tables", Object.keys(COLUMNS), names);
  const tables = await opened.db.introspection.getTables();
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const found = tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
    requireSame(`columns of ${table}`, columns.split(/\s+/), found);
  }
}

function requireAll(what: string, expected: readonly string[], found: ReadonlySet<string>): void {
  const missing = expected.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`no ${what} on ${missing.join(", ")}`);
}

function requireSame(what: string, expected: readonly string[], found: readonly string[]): void {
  const missing = expected.filter((name) => !found.includes(name));
  const extra = found.filter((name) => !expected.includes(name));
  if (missing.length + extra.length === 0) return;
  throw new Error(`${what}: missing ${missing.join(", ") || "none"}, not expected ${extra.join(", ") || "none"}`);
}
