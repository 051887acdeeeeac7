import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { Backing, ServerPolicy } from "../../api/server-definition.ts";
import type { PageRequest } from "../page/page.ts";
import type { Server, ServerDetails } from "./server.ts";

/** What a server becomes; what is left out stays. */
export interface ServerChange {
  readonly description?: string | undefined;
  readonly backing?: Backing | undefined;
  readonly enabled?: boolean | undefined;
  readonly rateLimit?: number | null | undefined;
  readonly writeTools?: boolean | undefined;
  readonly policy?: ServerPolicy | undefined;
  readonly event: AuditDraft;
}

/** Only servers that fit all that is given. */
export interface ServerFilter {
  readonly handle?: string | undefined;
  /** The name of a project that it is in. */
  readonly project?: string | undefined;
  readonly backing?: Backing["kind"] | undefined;
  readonly enabled?: boolean | undefined;
}

/** What server use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface ServerStore {
  /**
   * Saves the server, as the last one of these projects. Throws `conflict`/`SERVER_HANDLE_TAKEN`,
   * `not_found`/`PROJECT_UNKNOWN`, `NODE_UNKNOWN` and `SECRET_UNKNOWN`, `invalid`/`PROJECT_SERVERS_INVALID` for a full project.
   */
  insert(server: Server, projects: readonly string[], event: AuditDraft): Promise<ServerDetails>;
  byId(id: string): Promise<ServerDetails | undefined>;
  byHandle(handle: string): Promise<ServerDetails | undefined>;
  page(filter: ServerFilter, request: PageRequest<"handle" | "createdAt">): Promise<Page<ServerDetails>>;
  /** The servers of a project in its order. */
  ofProject(projectId: string): Promise<ServerDetails[]>;
  /**
   * `plan` says what the server becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again. Throws `not_found`/`SERVER_UNKNOWN` and
   * `SECRET_UNKNOWN`.
   */
  change(id: string, plan: (current: ServerDetails) => ServerChange | undefined): Promise<ServerDetails>;
  /** Deletes the server; its projects lose it, which is a change of theirs. Throws `not_found`/`SERVER_UNKNOWN`. */
  delete(id: string, plan: (current: ServerDetails) => AuditDraft): Promise<void>;
  /** Every server by its handle. */
  all(): Promise<Server[]>;
}
