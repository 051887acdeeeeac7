import { sql, type Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { changedMeanwhile } from "../access/changed-meanwhile.ts";

type Lockable = "nodes" | "projects" | "servers" | "secrets" | "prompts" | "users" | "user_groups" | "rbac_definitions";

/**
 * Makes other changes of these rows wait until the transaction ends, so that what is read of them next is what is
 * changed. An update that changes nothing, since not every engine has `select … for update`.
 */
export async function lockRows(tx: Transaction<Schema>, table: Lockable, column: string, values: readonly string[]): Promise<void> {
  if (values.length === 0) return;
  await sql`update ${sql.table(table)} set version = version where ${sql.ref(column)} in (${sql.join([...values])})`.execute(tx);
}

/** Throws `conflict`/`CHANGED_MEANWHILE` where an update that names the version it read has met another one. */
export function requireUpdated({ numUpdatedRows }: { readonly numUpdatedRows: bigint }): void {
  if (numUpdatedRows === 0n) throw changedMeanwhile("It");
}
