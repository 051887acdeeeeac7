import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import type { User } from "./user.ts";
import { rowOfUser } from "./user-row.ts";

/** A user for tests: `usr_<username>`, enabled, without roles, email and password. */
export function aUser(username: string, traits: Partial<User> = {}): User {
  const at = new Date("2026-01-02T03:04:05.678Z");
  const none = { email: undefined, passwordHash: undefined, roles: [], disabled: false, version: 1, createdAt: at, updatedAt: at } as const;
  return { id: `usr_${username}`, username, ...none, ...traits };
}

/** Puts users into the database as they are, past every rule. */
export async function seedUsers(db: Kysely<Schema>, ...users: readonly User[]): Promise<void> {
  for (const user of users) await db.insertInto("users").values(rowOfUser(user)).execute();
}
