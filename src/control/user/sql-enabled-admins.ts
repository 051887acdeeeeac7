import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { isEnabledAdmin, lastAdmin, type User } from "./user.ts";

/** Roles are a JSON array of a closed set of words, so the quoted word stands there only where the role is given. */
const HAS_ADMIN = '%"admin"%';

export function adminsOf(db: Kysely<Schema>) {
  return db.selectFrom("users").where("roles", "like", HAS_ADMIN);
}

export async function countEnabledAdmins(db: Kysely<Schema>): Promise<number> {
  const row = await adminsOf(db)
    .where("disabled", "=", 0)
    .select(({ fn }) => fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/**
 * Makes other changes of administrators wait until the transaction ends: two who delete each other at once would
 * otherwise both count the other. It comes before anything is read.
 */
export async function lockAdmins(tx: Transaction<Schema>): Promise<void> {
  await sql`update users set version = version where roles like ${HAS_ADMIN}`.execute(tx);
}

/** Throws `conflict`/`LAST_ADMIN` where `user` was an enabled administrator and none is left now. */
export async function requireAdminLeft(tx: Transaction<Schema>, user: User): Promise<void> {
  if (isEnabledAdmin(user) && (await countEnabledAdmins(tx)) === 0) throw lastAdmin(user.username);
}
