import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { EndedSessionStore } from "./ended-session-store.ts";

export function sqlEndedSessionStore(db: Kysely<Schema>): EndedSessionStore {
  return {
    async add(idHash, expiresAt) {
      try {
        await db.insertInto("ended_sessions").values({ id_hash: idHash, expires_at: expiresAt.toISOString() }).execute();
      } catch (thrown) {
        if (!isUniqueViolation(thrown)) throw thrown;
      }
    },
    async live(now) {
      const rows = await db.selectFrom("ended_sessions").selectAll().where("expires_at", ">", now.toISOString()).execute();
      return rows.map((row) => ({ idHash: row.id_hash, expiresAt: new Date(row.expires_at) }));
    },
    async prune(now) {
      await db.deleteFrom("ended_sessions").where("expires_at", "<=", now.toISOString()).execute();
    },
  };
}
