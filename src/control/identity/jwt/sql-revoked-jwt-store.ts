import type { Kysely } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import { isUniqueViolation } from "../../../store/unique-violation.ts";
import type { ChangeLog } from "../../change/change-log.ts";
import type { RevokedJwtStore } from "./revoked-jwt-store.ts";

export function sqlRevokedJwtStore(db: Kysely<Schema>, changes: ChangeLog): RevokedJwtStore {
  return {
    async isRevoked(jti) {
      const row = await db.selectFrom("revoked_jwts").select("jti").where("jti", "=", jti).executeTakeFirst();
      return row !== undefined;
    },
    async revoke({ jti, expiresAt, at, event }) {
      try {
        await changes.commit(async (tx) => {
          await tx.insertInto("revoked_jwts").values({ jti, expires_at: expiresAt.toISOString() }).execute();
          await tx.deleteFrom("revoked_jwts").where("expires_at", "<=", at.toISOString()).execute();
          return { result: undefined, change: { event, touched: [{ kind: "jwts", ref: jti }] } };
        });
      } catch (thrown) {
        if (!isUniqueViolation(thrown)) throw thrown;
      }
    },
  };
}
