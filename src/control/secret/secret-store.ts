import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { PageRequest } from "../page/page.ts";
import type { SealedSecret, Secret, SecretDetails } from "./secret.ts";

/** What a secret becomes; what is left out stays. */
export interface SecretChange {
  readonly description?: string | undefined;
  readonly ciphertext?: string | undefined;
  readonly event: AuditDraft;
}

/** What secret use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface SecretStore {
  /** Throws `conflict`/`SECRET_NAME_TAKEN`. */
  insert(secret: Secret, ciphertext: string, event: AuditDraft): Promise<SecretDetails>;
  byId(id: string): Promise<SecretDetails | undefined>;
  byName(name: string): Promise<SecretDetails | undefined>;
  page(filter: { readonly name?: string | undefined }, request: PageRequest<"name" | "createdAt">): Promise<Page<SecretDetails>>;
  /**
   * `plan` says what the secret becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again. Throws `not_found`/`SECRET_UNKNOWN`.
   */
  change(id: string, plan: (current: SecretDetails) => SecretChange | undefined): Promise<SecretDetails>;
  /** No server comes to name it meanwhile. Throws `not_found`/`SECRET_UNKNOWN`, and what `plan` throws. */
  delete(id: string, plan: (current: SecretDetails) => AuditDraft): Promise<void>;
  /** The values of those that are there, as they are kept. */
  sealed(names: readonly string[]): Promise<SealedSecret[]>;
}
