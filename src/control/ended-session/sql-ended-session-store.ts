import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import type { EndedSessionStore } from "./ended-session-store.ts";

export function sqlEndedSessionStore(db: Kysely<Schema>, changes: ChangeLog): EndedSessionStore {
  return {
    async add({ idHash, expiresAt }, event) {
      const limit = expiresAt.toISOString();
      const ending = changes.commit(async (tx) => {
        const known = await tx.selectFrom("ended_sessions").select("id_hash").where("id_hash", "=", idHash).executeTakeFirst();
        if (known !== undefined) return { result: undefined, change: undefined };
        await tx.insertInto("ended_sessions").values({ id_hash: idHash, expires_at: limit }).execute();
        return { result: undefined, change: { event, touched: [{ kind: "ended_sessions", ref: `${idHash} ${limit}` }] } };
      });
      // Somebody else has ended it at the same moment.
      await ending.catch((thrown) => {
        if (!isUniqueViolation(thrown)) throw thrown;
      });
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
