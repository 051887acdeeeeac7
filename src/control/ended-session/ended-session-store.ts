import type { AuditDraft } from "../../api/audit-event.ts";

/** An MCP session that was ended before its absolute limit, by the hash of its random id. */
export interface EndedSession {
  readonly idHash: string;
  readonly expiresAt: Date;
}

export interface EndedSessionStore {
  /** Saved and announced with its audit event. Ending the same session twice is no error and changes nothing. */
  add(session: EndedSession, event: AuditDraft): Promise<void>;
  /** Those whose limit lies after `now`. */
  live(now: Date): Promise<EndedSession[]>;
  /** Forgets those whose limit is past. */
  prune(now: Date): Promise<void>;
}
