import type { ExpressionBuilder, Kysely } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { cutPage } from "../page/page.ts";
import type { Cursor } from "../page/page-cursor.ts";
import { type AuditScope, canBeStored, scopeConditions } from "./audit-filter.ts";
import { eventOfRow, parseEventId, rowFromDatabase } from "./audit-row.ts";
import type { AuditPageRequest, AuditStore } from "./audit-store.ts";
import { findByMoments, soughtBy } from "./find-by-moments.ts";

export function sqlAuditStore(db: Kysely<Schema>): AuditStore {
  return {
    async list(scope, page) {
      const rows = await rowsOf(db, scope, page);
      const events = rows.map((row) => eventOfRow(rowFromDatabase(row)));
      return cutPage(events, page.limit, ({ at, id }) => ({ value: at, id }));
    },
    async get(id) {
      const place = parseEventId(id);
      if (place === undefined) return undefined;
      const { writer, sequence } = place;
      const row = await db
        .selectFrom("audit_events")
        .selectAll()
        .where("writer", "=", writer)
        .where("sequence", "=", sequence)
        .executeTakeFirst();
      return row === undefined ? undefined : eventOfRow(rowFromDatabase(row));
    },
  };
}

/** The rows of a page and one more. */
function rowsOf(db: Kysely<Schema>, scope: AuditScope, { limit, after, descending }: AuditPageRequest) {
  const direction = descending ? "desc" : "asc";
  const place = after === undefined ? undefined : placeOf(after);
  let query = db
    .selectFrom("audit_events")
    .selectAll()
    .where((eb) => scopeConditions(eb, scope))
    .orderBy("at", direction)
    .orderBy("writer", direction)
    .orderBy("sequence", direction);
  if (place !== undefined) query = query.where((eb) => beyond(eb, place, descending));
  const sought = soughtBy(scope);
  const count = limit + 1;
  if (sought === undefined || !sought.values.every(canBeStored)) return query.limit(count).execute();
  const search = { sought, scope, after: place?.at, descending, count };
  return findByMoments(db, search, (inStretches, left) => query.where(inStretches).limit(left).execute());
}

interface Place {
  readonly at: string;
  readonly writer: string;
  readonly sequence: number;
}

function placeOf({ value, id }: Cursor): Place {
  const place = parseEventId(id);
  if (place !== undefined && /^[\d-]{10}T[\d:.]{12}Z$/.test(value)) return { at: value, ...place };
  throw new AppError("invalid", "CURSOR_INVALID", "query.cursor: is none that this list gave; start again without it");
}

/** Behind a place in the order of the list. The first condition alone is what an index on the time can use. */
function beyond(eb: ExpressionBuilder<Schema, "audit_events">, { at, writer, sequence }: Place, descending: boolean) {
  const past = descending ? "<" : ">";
  return eb.and([
    eb("at", descending ? "<=" : ">=", at),
    eb.or([eb("at", past, at), eb("writer", past, writer), eb.and([eb("writer", "=", writer), eb("sequence", past, sequence)])]),
  ]);
}
