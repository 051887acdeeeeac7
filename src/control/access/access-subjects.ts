import type { Grant } from "../../api/grant.ts";
import type { Subject } from "../../api/resources/rbac-definition.ts";

/** What a subject of role bindings would have in hand now. */
export interface ResolvedSubject {
  readonly grant: Grant;
  /** Why it opens nothing, where it does not: `is disabled`. */
  readonly barred?: string;
}

/** Finds out what a subject may do, without its credential. */
export interface AccessSubjects {
  /** Undefined where there is no such subject. */
  resolve(subject: Subject): Promise<ResolvedSubject | undefined>;
}
