import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { UserRole } from "../../api/resources/user.ts";
import type { PageRequest } from "../page/page.ts";
import type { User } from "./user.ts";

/** What a user becomes; what is left out stays. */
export interface UserChange {
  /** Null takes it away. */
  readonly email?: string | null | undefined;
  readonly roles?: readonly UserRole[] | undefined;
  readonly disabled?: boolean | undefined;
  /** A new password ends the user's sessions; so does disabling. */
  readonly passwordHash?: string | undefined;
  readonly event: AuditDraft;
}

export interface UserFilter {
  readonly username?: string | undefined;
}

/** What user use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface UserStore {
  /** Throws `conflict`/`USERNAME_TAKEN` or `USER_EMAIL_TAKEN`. */
  insert(user: User, event: AuditDraft): Promise<void>;
  /**
   * `plan` says what the user becomes, given them as they are; no other change comes in between. Undefined: they stay
   * and nothing is recorded. What `plan` throws, comes out; it may be asked again.
   *
   * Throws `not_found`/`USER_UNKNOWN`, `conflict`/`USER_EMAIL_TAKEN`, and `conflict`/`LAST_ADMIN` where no enabled
   * administrator would be left.
   */
  change(id: string, plan: (current: User) => UserChange | undefined): Promise<User>;
  /**
   * Deletes the user with their sessions, tokens and memberships, and takes them out of every role-binding definition;
   * one that is left without a subject goes too.
   *
   * Throws `not_found`/`USER_UNKNOWN`, `conflict`/`USER_OWNS_PROJECTS`, `conflict`/`LAST_ADMIN`.
   */
  delete(id: string, plan: (current: User) => AuditDraft): Promise<void>;
  /** Sets the password and ends the user's sessions but `keepSession`. Throws `not_found`/`USER_UNKNOWN`. */
  setPasswordHash(id: string, passwordHash: string, event: AuditDraft, keepSession?: string): Promise<void>;
  byId(id: string): Promise<User | undefined>;
  byUsername(username: string): Promise<User | undefined>;
  /** `email` in lower case. */
  byEmail(email: string): Promise<User | undefined>;
  page(filter: UserFilter, request: PageRequest<"username" | "createdAt">): Promise<Page<User>>;
  /** The administrator that was made first, if there is one. */
  firstAdmin(): Promise<User | undefined>;
  countEnabledAdmins(): Promise<number>;
}
