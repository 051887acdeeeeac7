import type { AuditDraft } from "../../api/audit-event.ts";
import type { Account } from "./account.ts";
import type { Session, SessionLimits } from "./session.ts";

/** A log-in that is about to become a session. */
export interface SessionStart {
  readonly session: Session;
  /** The account as the password was checked against it. */
  readonly account: Account;
  readonly limits: SessionLimits;
  readonly event: AuditDraft;
}

export interface FoundSession {
  readonly session: Session;
  readonly account: Account;
}

/** What logging in and out needs from storage. */
export interface SessionStore {
  /**
   * Keeps the session and ends those that `planEnd` says, in one transaction. False where the user is gone, disabled
   * or has another password by now: then nothing is kept.
   */
  start(start: SessionStart): Promise<boolean>;
  /** Whatever its limits. */
  bySha(sha256: string): Promise<FoundSession | undefined>;
  byId(id: string): Promise<FoundSession | undefined>;
  /** The newest first. */
  ofUser(userId: string): Promise<readonly Session[]>;
  /** Says that it was used; never earlier than it says already. */
  touch(id: string, at: Date): Promise<void>;
  /** False where it has ended already. */
  end(session: Session, event: AuditDraft): Promise<boolean>;
  /** Takes away what is past its absolute limit. */
  prune(now: Date): Promise<void>;
}
