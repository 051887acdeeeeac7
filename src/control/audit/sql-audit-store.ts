import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { cutPage } from "../page/page.ts";
import type { Cursor } from "../page/page-cursor.ts";
import { type AuditScope, canBeStored, scopeConditions } from "./audit-filter.ts";
import { endOf, type Stretch } from "./audit-moment.ts";
import { type AuditRow, eventOfRow, parseEventId, rowFromDatabase } from "./audit-row.ts";
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
function rowsOf(db: Kysely<Schema>, scope: AuditScope, { limit, after, descending }: AuditPageRequest): Promise<readonly AuditRow[]> {
  const place = after === undefined ? undefined : placeOf(after);
  let matching = db
    .selectFrom("audit_events")
    .selectAll()
    .where((eb) => scopeConditions(eb, scope));
  if (place !== undefined) matching = matching.where((eb) => beyond(eb, place, descending));
  const sought = soughtBy(scope);
  const count = limit + 1;
  if (sought === undefined || !sought.values.every(canBeStored)) return first(matching, descending, count).execute();
  return findByMoments(db, { sought, scope, after: place?.at, descending, count }, (stretches, left) =>
    readStretches(db, matching, stretches, descending, left),
  );
}

type EventQuery = SelectQueryBuilder<Schema, "audit_events", AuditRow>;

/**
 * Each stretch by itself, so that every engine goes through the index on the time from one end of it, and no further
 * than it has to. With one condition for all of them SQLite and MariaDB go through what lies between as well.
 */
function readStretches(
  db: Kysely<Schema>,
  matching: EventQuery,
  stretches: readonly Stretch[],
  descending: boolean,
  count: number,
): Promise<readonly AuditRow[]> {
  const [whole, ...more] = stretches.map((stretch) => {
    const inside = matching.where("at", ">=", stretch.first).where("at", "<", endOf(stretch.last));
    return db.selectFrom(first(inside, descending, count).as("part")).selectAll();
  });
  if (whole === undefined) return Promise.resolve([]);
  return first(more.reduce((all, part) => all.unionAll(part), whole) as unknown as EventQuery, descending, count).execute();
}

/** The first in the order of the list. */
function first(query: EventQuery, descending: boolean, count: number): EventQuery {
  const direction = descending ? "desc" : "asc";
  return query.orderBy("at", direction).orderBy("writer", direction).orderBy("sequence", direction).limit(count);
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
