import type { Kysely } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import { isUniqueViolation } from "../../../store/unique-violation.ts";
import type { ChangeLog } from "../../change/change-log.ts";
import type { SigningKeyStore } from "./signing-key-store.ts";

export function sqlSigningKeyStore(db: Kysely<Schema>, changes: ChangeLog): SigningKeyStore {
  return {
    async all() {
      const rows = await db.selectFrom("signing_keys").selectAll().execute();
      return rows.map((row) => ({
        kid: row.kid,
        ciphertext: row.ciphertext,
        publicJwk: row.public_jwk,
        createdAt: new Date(row.created_at),
        retiresAt: new Date(row.retires_at),
        expiresAt: new Date(row.expires_at),
      }));
    },
    async add(key, event) {
      const row = {
        kid: key.kid,
        ciphertext: key.ciphertext,
        public_jwk: key.publicJwk,
        created_at: key.createdAt.toISOString(),
        retires_at: key.retiresAt.toISOString(),
        expires_at: key.expiresAt.toISOString(),
      };
      try {
        await changes.commit(async (tx) => {
          await tx.insertInto("signing_keys").values(row).execute();
          await tx.deleteFrom("signing_keys").where("expires_at", "<=", row.created_at).execute();
          return { result: undefined, change: { event, touched: [{ kind: "keys", ref: key.kid }] } };
        });
        return true;
      } catch (thrown) {
        if (isUniqueViolation(thrown)) return false;
        throw thrown;
      }
    },
  };
}
