import type { UserResource, UserRole } from "../../api/resources/user.ts";
import { AppError } from "../../core/app-error.ts";

export interface User {
  readonly id: string;
  readonly username: string;
  readonly email: string | undefined;
  /** argon2id in PHC form; undefined where no password was given yet, so that none opens the account. */
  readonly passwordHash: string | undefined;
  readonly roles: readonly UserRole[];
  readonly disabled: boolean;
  /** Counts changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Whether the user is one of those of whom at least one must be left. */
export function isEnabledAdmin(user: Pick<User, "roles" | "disabled">): boolean {
  return !user.disabled && user.roles.includes("admin");
}

/** What others may read of a user: never the hash. */
export function userResource(user: User): UserResource {
  const { id, username, roles, disabled, version } = user;
  const [createdAt, updatedAt] = [user.createdAt.toISOString(), user.updatedAt.toISOString()];
  const hasPassword = user.passwordHash !== undefined;
  return { id, username, email: user.email ?? null, roles: [...roles], disabled, hasPassword, version, createdAt, updatedAt };
}

export function userUnknown(reference: string): AppError {
  return new AppError("not_found", "USER_UNKNOWN", `There is no user ${reference.slice(0, 80)}`);
}

export function lastAdmin(username: string): AppError {
  return new AppError("conflict", "LAST_ADMIN", `${username} is the last administrator who can log in`, {
    hint: "give somebody else the role admin first",
  });
}
