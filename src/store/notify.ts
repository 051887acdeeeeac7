import { type Kysely, sql } from "kysely";
import { engineOf } from "./engine.ts";
import type { Schema } from "./schema.ts";

/**
 * Tells every listener of `channel` (`listenPostgres`) once the transaction has committed, and never where it has not.
 * Postgres alone can do so: on the other engines this does nothing, and who waits asks the database.
 * `payload` has less than 8,000 bytes; the same payload twice in one transaction is told once.
 */
export async function notify(tx: Kysely<Schema>, channel: string, payload: string): Promise<void> {
  if (engineOf(tx) !== "postgres") return;
  await sql`select pg_notify(${channel}, ${payload})`.execute(tx);
}
