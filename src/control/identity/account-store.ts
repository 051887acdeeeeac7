import type { AuditDraft } from "../../api/audit-event.ts";
import type { Account } from "./account.ts";

/** A new password of an account, and what goes with it. */
export interface PasswordChange {
  readonly account: Account;
  readonly passwordHash: string;
  /** SHA-256 of the one session that stays; undefined: none does. */
  readonly keepSession: string | undefined;
  readonly at: Date;
  readonly event: AuditDraft;
}

/** What logging in needs to know of users. */
export interface AccountStore {
  byId(id: string): Promise<Account | undefined>;
  /** Exactly this name, whatever the database takes for equal. */
  byUsername(username: string): Promise<Account | undefined>;
  /** Exactly this address. */
  byEmail(email: string): Promise<Account | undefined>;
  /**
   * Sets the hash and ends every other session of the user, in one transaction. Throws `conflict`/`CHANGED_MEANWHILE`
   * where the password is no longer the one that `account` has.
   */
  changePassword(change: PasswordChange): Promise<void>;
}
