import type { Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import type { Change } from "../change/change-log.ts";

/** Ends a user's log-ins but `keep`; gives what the feed must say. */
export async function endSessions(tx: Transaction<Schema>, userId: string, keep?: string): Promise<Change["touched"]> {
  const rows = await tx.selectFrom("sessions").select("id").where("user_id", "=", userId).execute();
  const ended = rows.filter(({ id }) => id !== keep).map(({ id }) => id);
  if (ended.length === 0) return [];
  await tx.deleteFrom("sessions").where("id", "in", ended).execute();
  return ended.map((ref) => ({ kind: "sessions", ref }));
}
