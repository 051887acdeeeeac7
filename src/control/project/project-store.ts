import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { ProjectDefinition } from "../../api/server-definition.ts";
import type { PageRequest } from "../page/page.ts";
import type { Project, ProjectDetails } from "./project.ts";

/** What a project becomes; what is left out stays. */
export interface ProjectChange {
  readonly description?: string | undefined;
  /** The new owner's user name. */
  readonly owner?: string | undefined;
  /** Handles of all its servers, in order. */
  readonly servers?: readonly string[] | undefined;
  readonly event: AuditDraft;
}

/** Only projects that fit all that is given. */
export interface ProjectFilter {
  readonly name?: string | undefined;
  /** The handle of one of its servers. */
  readonly server?: string | undefined;
  /** The owner's user name. */
  readonly owner?: string | undefined;
}

/** What project use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface ProjectStore {
  /**
   * Saves the project with the servers of these handles, in that order.
   * Throws `conflict`/`PROJECT_NAME_TAKEN`, `not_found`/`SERVER_UNKNOWN`, `not_found`/`USER_UNKNOWN`.
   */
  insert(project: Project, servers: readonly string[], event: AuditDraft): Promise<ProjectDetails>;
  byId(id: string): Promise<ProjectDetails | undefined>;
  byName(name: string): Promise<ProjectDetails | undefined>;
  page(filter: ProjectFilter, request: PageRequest<"name" | "createdAt">): Promise<Page<ProjectDetails>>;
  /**
   * `plan` says what the project becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again. Throws as `insert` does, and
   * `not_found`/`PROJECT_UNKNOWN`.
   */
  change(id: string, plan: (current: ProjectDetails) => ProjectChange | undefined): Promise<ProjectDetails>;
  /** Deletes the project, its tokens with their definitions, and its prompts. Throws `not_found`/`PROJECT_UNKNOWN`. */
  delete(id: string, plan: (current: ProjectDetails) => AuditDraft): Promise<void>;
  /** Every project with the handles of its servers in their order, and its prompts. */
  definitions(): Promise<ProjectDefinition[]>;
}
