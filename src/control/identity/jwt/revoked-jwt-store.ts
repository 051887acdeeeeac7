import type { AuditDraft } from "../../../api/audit-event.ts";

export interface Revocation {
  readonly jti: string;
  /** When it expires by itself. */
  readonly expiresAt: Date;
  readonly at: Date;
  readonly event: AuditDraft;
}

/** JWTs of ours that were revoked before they have expired. */
export interface RevokedJwtStore {
  isRevoked(jti: string): Promise<boolean>;
  /** Takes away what has expired by `at`. Revoking a second time changes nothing. */
  revoke(revocation: Revocation): Promise<void>;
}
