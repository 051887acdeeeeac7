import type { Kysely, Selectable } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema, UserTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export function sqlUserStore(db: Kysely<Schema>): UserStore {
  return {
    async insert(user) {
      try {
        await db.insertInto("users").values(rowOf(user)).execute();
      } catch (thrown) {
        if (isUniqueViolation(thrown)) throw new AppError("conflict", "USERNAME_TAKEN", `There is a user ${user.username} already`);
        throw thrown;
      }
    },
    async setPasswordHash(id, passwordHash) {
      await db.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", id).execute();
    },
    async firstAdmin() {
      const row = await db.selectFrom("users").selectAll().where("admin", "=", 1).orderBy("created_at").limit(1).executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },
  };
}

function rowOf(user: User): UserTable {
  return {
    id: user.id,
    username: user.username,
    password_hash: user.passwordHash ?? null,
    admin: user.admin ? 1 : 0,
    created_at: user.createdAt.toISOString(),
  };
}

function userOf(row: Selectable<UserTable>): User {
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.password_hash ?? undefined,
    admin: row.admin === 1,
    createdAt: new Date(row.created_at),
  };
}
