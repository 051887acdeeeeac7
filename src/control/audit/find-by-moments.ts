import type { Kysely } from "kysely";
import type { Schema, SoughtField } from "../../store/schema.ts";
import { type AuditScope, instantOf } from "./audit-filter.ts";
import { momentOf, type Stretch, stretchesOf } from "./audit-moment.ts";

/** What the events that are looked for hold: one of the values in this field. */
export interface Sought {
  readonly field: SoughtField;
  readonly values: readonly string[];
}

/** Who sees more projects than this sees a good part of all events: to go through them is as quick. */
const MAX_VALUES = 32;
/** Moments of one look. A rare value has few; a frequent one has its page in the first. */
const FIRST_LOOK = 64;
const MAX_LOOK = 1024;
/** Parts of one query. */
const MAX_STRETCHES = 32;

/** By which value events are best found; undefined where other indexes, or none, are better. */
export function soughtBy({ filter, projects }: AuditScope): Sought | undefined {
  const { traceId, tokenSha, tokenName, user, project } = filter;
  if (traceId !== undefined) return undefined;
  if (tokenSha !== undefined) return { field: "token_sha", values: [tokenSha] };
  if (tokenName !== undefined) return { field: "token_name", values: [tokenName] };
  if (user !== undefined) return { field: "user_name", values: [user] };
  if (project !== undefined) return { field: "project", values: [project] };
  return projects === "all" || projects.size > MAX_VALUES ? undefined : { field: "project", values: [...projects] };
}

/** Where to look: from where on, up to where, and which way. */
export interface Search {
  readonly sought: Sought;
  readonly scope: AuditScope;
  /** The instant of the event to go on behind. */
  readonly after: string | undefined;
  readonly descending: boolean;
  /** So many are enough. */
  readonly count: number;
}

/** Reads the rows of some stretches of time in the order of the list, at most `count`. */
export type ReadStretches<Row> = (stretches: readonly Stretch[], count: number) => Promise<readonly Row[]>;

/**
 * The rows of a search in the order of the list: looks up moments in which a value was seen, then reads the events of
 * these alone, until there are enough.
 */
export async function findByMoments<Row>(db: Kysely<Schema>, search: Search, read: ReadStretches<Row>): Promise<Row[]> {
  const found: Row[] = [];
  let beyond: string | undefined;
  for (let look = FIRST_LOOK; ; ) {
    const moments = await nextMoments(db, search, beyond, look);
    const stretches = stretchesOf(moments, MAX_STRETCHES);
    const end = stretches.at(-1);
    if (end === undefined) return found;
    found.push(...(await read(stretches, search.count - found.length)));
    beyond = search.descending ? end.first : end.last;
    const isWhole = beyond === moments.at(-1);
    if (found.length >= search.count || (isWhole && moments.length < look)) return found;
    // Of moments that stand apart no more than these are read at a time.
    if (isWhole) look = Math.min(look * 2, MAX_LOOK);
  }
}

/** The next moments behind `beyond`, each once. Value by value: to sort those of several would be to read them all. */
async function nextMoments(db: Kysely<Schema>, search: Search, beyond: string | undefined, limit: number): Promise<string[]> {
  const moments = new Set<string>();
  for (const value of search.sought.values) {
    for (const moment of await momentsOfValue(db, search, value, beyond, limit)) moments.add(moment);
  }
  const sorted = [...moments].sort();
  return (search.descending ? sorted.reverse() : sorted).slice(0, limit);
}

async function momentsOfValue(
  db: Kysely<Schema>,
  { sought, scope, after, descending }: Search,
  value: string,
  beyond: string | undefined,
  limit: number,
): Promise<string[]> {
  const { since, until } = scope.filter;
  let query = db.selectFrom("audit_moments").select("moment").distinct().where("field", "=", sought.field).where("value", "=", value);
  if (since !== undefined) query = query.where("moment", ">=", momentOf(instantOf(since)));
  if (until !== undefined) query = query.where("moment", "<=", momentOf(instantOf(until)));
  if (after !== undefined) query = query.where("moment", descending ? "<=" : ">=", momentOf(after));
  if (beyond !== undefined) query = query.where("moment", descending ? "<" : ">", beyond);
  const rows = await query
    .orderBy("moment", descending ? "desc" : "asc")
    .limit(limit)
    .execute();
  return rows.map(({ moment }) => moment);
}
