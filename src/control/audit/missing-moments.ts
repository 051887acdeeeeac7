import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { type AuditMoment, momentsOf } from "./audit-moment.ts";
import type { AuditRow } from "./audit-row.ts";

/** What `writer`'s rows say of moments and the database does not: a list by it would leave them out. For a page of rows. */
export async function missingMoments(db: Kysely<Schema>, writer: string, rows: readonly AuditRow[]): Promise<AuditMoment[]> {
  const due = momentsOf(writer, rows);
  if (due.length === 0) return due;
  const moments = [...new Set(due.map(({ moment }) => moment))];
  const kept = await db.selectFrom("audit_moments").selectAll().where("writer", "=", writer).where("moment", "in", moments).execute();
  const known = new Set(kept.map(keyOf));
  return due.filter((each) => !known.has(keyOf(each)));
}

function keyOf({ field, value, moment }: AuditMoment): string {
  return `${field}\n${moment}\n${value}`;
}
