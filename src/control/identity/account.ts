import type { UserRole } from "../../api/resources/user.ts";

/** A user as logging in sees one. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly email: string | undefined;
  /** argon2id in PHC form; undefined: no password opens the account. */
  readonly passwordHash: string | undefined;
  readonly roles: readonly UserRole[];
  readonly disabled: boolean;
}
