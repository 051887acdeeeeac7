import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";

/** Everybody with events or an anchor, by name. One look-up in the primary key for each, however many events there are. */
export async function allWriters(db: Kysely<Schema>): Promise<string[]> {
  const writers = new Set<string>();
  for (let next = await writerAfter(db, ""); next !== undefined; next = await writerAfter(db, next)) writers.add(next);
  for (const { writer } of await db.selectFrom("audit_anchors").select("writer").execute()) writers.add(writer);
  return [...writers].sort();
}

export async function otherWriters(db: Kysely<Schema>, own: readonly string[]): Promise<string[]> {
  return (await allWriters(db)).filter((writer) => !own.includes(writer));
}

async function writerAfter(db: Kysely<Schema>, writer: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("audit_events")
    .select("writer")
    .where("writer", ">", writer)
    .orderBy("writer")
    .limit(1)
    .executeTakeFirst();
  return row?.writer;
}
