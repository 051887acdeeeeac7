import type { Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { lockRows } from "../change/lock-rows.ts";
import { secretUnknown } from "./secret.ts";

/** Throws `not_found`/`SECRET_UNKNOWN`; those that are there stay until the transaction ends. */
export async function requireSecrets(tx: Transaction<Schema>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await lockRows(tx, "secrets", "name", names);
  const rows = await tx.selectFrom("secrets").select("name").where("name", "in", names).execute();
  const missing = names.find((name) => !rows.some((row) => row.name === name));
  if (missing !== undefined) throw secretUnknown(missing);
}
