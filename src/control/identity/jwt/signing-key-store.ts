import type { AuditDraft } from "../../../api/audit-event.ts";
import type { SigningKeyRecord } from "./signing-key.ts";

/** Where the keys that sign JWTs are kept, for all processes of an installation. */
export interface SigningKeyStore {
  all(): Promise<readonly SigningKeyRecord[]>;
  /** Takes away keys that have expired by its `createdAt`. False where a key of this name is there already: then nothing is changed. */
  add(key: SigningKeyRecord, event: AuditDraft): Promise<boolean>;
}
