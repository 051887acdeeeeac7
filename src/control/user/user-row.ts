import type { Selectable } from "kysely";
import { userRolesSchema } from "../../api/resources/user.ts";
import type { UserTable } from "../../store/schema.ts";
import type { User } from "./user.ts";

export function rowOfUser(user: User): UserTable {
  return {
    id: user.id,
    username: user.username,
    email: user.email ?? null,
    password_hash: user.passwordHash ?? null,
    roles: JSON.stringify(user.roles),
    disabled: user.disabled ? 1 : 0,
    version: user.version,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

export function userOfRow(row: Selectable<UserTable>): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    roles: userRolesSchema.parse(JSON.parse(row.roles)),
    disabled: row.disabled === 1,
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
