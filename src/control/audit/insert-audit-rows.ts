import type { CompiledQuery, Kysely, Transaction } from "kysely";
import { engineOf } from "../../store/engine.ts";
import type { Schema } from "../../store/schema.ts";
import { HASHED_COLUMNS, hashedValues } from "./audit-chain.ts";
import { momentsOf } from "./audit-moment.ts";
import type { AuditRow } from "./audit-row.ts";

/** Rows of one statement. Any number is written with few statements, each compiled once for a database. */
const SIZES = [128, 32, 8, 1] as const;

/**
 * Writes sealed rows of one writer, and what they say of moments. To compile an insert costs ten times what it costs to
 * run it, so its text is kept.
 */
export function auditRowInserter(db: Kysely<Schema>): (tx: Transaction<Schema>, rows: readonly AuditRow[]) => Promise<void> {
  const compiled = new Map<number, CompiledQuery>();
  const statementOf = (size: number): CompiledQuery => {
    const known = compiled.get(size) ?? compileInsert(db, size);
    compiled.set(size, known);
    return known;
  };
  return async (tx, rows) => {
    for (let at = 0; at < rows.length; ) {
      const size = SIZES.find((each) => each <= rows.length - at) ?? 1;
      const parameters: unknown[] = [];
      for (const row of rows.slice(at, at + size)) parameters.push(...hashedValues(row), row.hash);
      await tx.executeQuery({ ...statementOf(size), parameters });
      at += size;
    }
    await insertMoments(tx, rows);
  };
}

async function insertMoments(tx: Transaction<Schema>, rows: readonly AuditRow[]): Promise<void> {
  const writer = rows[0]?.writer;
  const moments = writer === undefined ? [] : momentsOf(writer, rows);
  for (let at = 0; at < moments.length; at += SIZES[0]) {
    const insert = tx.insertInto("audit_moments").values(moments.slice(at, at + SIZES[0]));
    // An earlier batch may have said the same of its moment.
    await (engineOf(tx) === "mysql" ? insert.ignore() : insert.onConflict((conflict) => conflict.doNothing())).execute();
  }
}

function compileInsert(db: Kysely<Schema>, size: number): CompiledQuery {
  const columns = [...HASHED_COLUMNS, "hash"];
  const row = Object.fromEntries(columns.map((column) => [column, ""]));
  return db
    .insertInto("audit_events")
    .values(Array.from({ length: size }, () => row as unknown as AuditRow))
    .compile();
}
