import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import type { RoleBinding } from "../../core/permission.ts";
import type { PageRequest } from "../page/page.ts";
import type { RbacDefinition } from "./rbac-definition.ts";

/** What a definition becomes; what is left out stays. */
export interface RbacChange {
  readonly subjects?: readonly Subject[] | undefined;
  readonly roleBindings?: readonly RoleBinding[] | undefined;
  readonly event: AuditDraft;
}

/** Only definitions that fit all that is given. */
export interface RbacFilter {
  readonly name?: string | undefined;
  readonly subject?: Subject | undefined;
}

/** What use cases of definitions need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface RbacStore {
  /**
   * Throws `conflict`/`RBAC_NAME_TAKEN`, `not_found`/`SUBJECT_UNKNOWN` where a subject does not exist; only an email may
   * wait for its user.
   */
  insert(definition: RbacDefinition, event: AuditDraft): Promise<void>;
  /**
   * `plan` says what the definition becomes, given it as it is; no other change comes in between. Undefined: it stays
   * and nothing is recorded. What `plan` throws, comes out; it may be asked again.
   *
   * Throws `not_found`/`RBAC_UNKNOWN`, and `SUBJECT_UNKNOWN` for a subject that is new in it.
   */
  change(id: string, plan: (current: RbacDefinition) => RbacChange | undefined): Promise<RbacDefinition>;
  /** Throws `not_found`/`RBAC_UNKNOWN`. */
  delete(id: string, plan: (current: RbacDefinition) => AuditDraft): Promise<void>;
  byId(id: string): Promise<RbacDefinition | undefined>;
  byName(name: string): Promise<RbacDefinition | undefined>;
  page(filter: RbacFilter, request: PageRequest<"name" | "createdAt">): Promise<Page<RbacDefinition>>;
}
