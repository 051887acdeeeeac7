import { type Kysely, sql, type Transaction } from "kysely";
import { FEED_KINDS, type FeedEvent, type FeedKind } from "../../api/feed-event.ts";
import type { Schema } from "../../store/schema.ts";
import type { Change } from "./change-log.ts";

/** Entries of one statement. */
const ENTRIES_AT_ONCE = 100;

/**
 * Gives the change the next revision. Its row stays locked until the transaction ends, so that revisions commit in
 * their order: it is the last thing that a change does.
 */
export async function writeFeedEvent(tx: Transaction<Schema>, touched: Change["touched"], at: Date): Promise<FeedEvent> {
  await tx.updateTable("feed").set({ revision: sql`revision + 1` }).where("id", "=", 1).execute();
  const revision = await readRevision(tx);
  const rows = touched.map(({ kind, ref }, position) => ({ revision, position, kind, ref, at: at.toISOString() }));
  for (let first = 0; first < rows.length; first += ENTRIES_AT_ONCE) {
    await tx
      .insertInto("feed_entries")
      .values(rows.slice(first, first + ENTRIES_AT_ONCE))
      .execute();
  }
  return { revision, touched: [...touched] };
}

export async function readRevision(db: Kysely<Schema>): Promise<number> {
  const row = await db.selectFrom("feed").select("revision").where("id", "=", 1).executeTakeFirstOrThrow();
  return Number(row.revision);
}

/** Events of the revisions behind `after` that are kept, up to `until`, in order: at least one if there is any, and at most `limit`. */
export async function readFeedEvents(db: Kysely<Schema>, after: number, until: number, limit: number): Promise<FeedEvent[]> {
  const kept = db.selectFrom("feed_entries").where("revision", ">", after).where("revision", "<=", until);
  const first = await kept.select("revision").orderBy("revision").limit(1).executeTakeFirst();
  if (first === undefined) return [];
  const rows = await kept
    .select(["revision", "kind", "ref"])
    .where("revision", "<", Number(first.revision) + limit)
    .orderBy("revision")
    .orderBy("position")
    .execute();
  const groups = Map.groupBy(rows, (row) => Number(row.revision));
  return [...groups].map(([revision, entries]) => ({ revision, touched: entries.flatMap(touchedOf) }));
}

/** Takes away what nobody watches from that far back; the newest revision stays, so that a gap before it can be seen. */
export async function pruneFeed(db: Kysely<Schema>, before: Date): Promise<void> {
  const revision = await readRevision(db);
  await db.deleteFrom("feed_entries").where("at", "<", before.toISOString()).where("revision", "<", revision).execute();
}

/** A kind that a newer build has written is left out. */
function touchedOf({ kind, ref }: { readonly kind: string; readonly ref: string }): { kind: FeedKind; ref: string }[] {
  const known = FEED_KINDS.find((each) => each === kind);
  return known === undefined ? [] : [{ kind: known, ref }];
}
