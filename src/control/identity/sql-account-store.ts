import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { userRolesSchema } from "../../api/resources/user.ts";
import type { Schema, UserTable } from "../../store/schema.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { requireUpdated } from "../change/lock-rows.ts";
import { endSessions } from "../user/sql-end-sessions.ts";
import type { Account } from "./account.ts";
import type { AccountStore, PasswordChange } from "./account-store.ts";

export const ACCOUNT_COLUMNS = ["users.id", "username", "email", "password_hash", "roles", "disabled"] as const;

type AccountRow = Pick<Selectable<UserTable>, "id" | "username" | "email" | "password_hash" | "roles" | "disabled">;

export function sqlAccountStore(db: Kysely<Schema>, changes: ChangeLog): AccountStore {
  const find = async (column: "id" | "username" | "email", value: string) => {
    const row = await db.selectFrom("users").select(ACCOUNT_COLUMNS).where(`users.${column}`, "=", value).executeTakeFirst();
    // MySQL may compare without case and accents: "admín" is not "admin".
    return row === undefined || row[column] !== value ? undefined : accountOf(row);
  };
  return {
    byId: (id) => find("id", id),
    byUsername: (username) => find("username", username),
    byEmail: (email) => find("email", email),
    async changePassword(change) {
      await changes.commit(async (tx) => {
        await setPassword(tx, change);
        return { result: undefined, change: { event: change.event, touched: await endOthers(tx, change) } };
      });
    },
  };
}

async function setPassword(tx: Transaction<Schema>, { account, passwordHash, at }: PasswordChange): Promise<void> {
  const known = account.passwordHash;
  const set = { password_hash: passwordHash, version: sql<number>`version + 1`, updated_at: at.toISOString() };
  const update = tx.updateTable("users").set(set).where("id", "=", account.id);
  const guarded = known === undefined ? update.where("password_hash", "is", null) : update.where("password_hash", "=", known);
  requireUpdated(await guarded.executeTakeFirstOrThrow());
}

async function endOthers(tx: Transaction<Schema>, { account, keepSession }: PasswordChange): Promise<Change["touched"]> {
  if (keepSession === undefined) return await endSessions(tx, account.id);
  const kept = await tx.selectFrom("sessions").select("id").where("sha256", "=", keepSession).executeTakeFirst();
  return await endSessions(tx, account.id, kept?.id);
}

export function accountOf(row: AccountRow): Account {
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    roles: userRolesSchema.parse(JSON.parse(row.roles)),
    disabled: row.disabled === 1,
  };
}
