import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { PageRequest } from "../page/page.ts";
import type { Group } from "./group.ts";

/** What a group becomes; what is left out stays. */
export interface GroupChange {
  readonly description?: string | undefined;
  /** All of its members. */
  readonly members?: readonly string[] | undefined;
  readonly event: AuditDraft;
}

/** Only groups that fit all that is given. */
export interface GroupFilter {
  readonly name?: string | undefined;
  /** The user name of one of its members. */
  readonly member?: string | undefined;
}

/** What group use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface GroupStore {
  /** Throws `conflict`/`GROUP_NAME_TAKEN`, `not_found`/`USER_UNKNOWN`. */
  insert(group: Group, event: AuditDraft): Promise<void>;
  /**
   * `plan` says what the group becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again.
   *
   * Throws `not_found`/`GROUP_UNKNOWN` or `USER_UNKNOWN`.
   */
  change(id: string, plan: (current: Group) => GroupChange | undefined): Promise<Group>;
  /**
   * Deletes the group and takes it out of every role-binding definition; one that is left without a subject goes too.
   * Throws `not_found`/`GROUP_UNKNOWN`.
   */
  delete(id: string, plan: (current: Group) => AuditDraft): Promise<void>;
  byId(id: string): Promise<Group | undefined>;
  byName(name: string): Promise<Group | undefined>;
  /** Names of the groups that a user is in, sorted. */
  namesOfUser(userId: string): Promise<readonly string[]>;
  page(filter: GroupFilter, request: PageRequest<"name" | "createdAt">): Promise<Page<Group>>;
}
