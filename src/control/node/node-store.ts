import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { PageRequest } from "../page/page.ts";
import type { Node } from "./node.ts";

/** What a node becomes; what is left out stays. */
export interface NodeChange {
  readonly description?: string | undefined;
  readonly address?: string | undefined;
  /** Null takes it away. */
  readonly certificate?: string | null | undefined;
  readonly event: AuditDraft;
}

export interface NodePageRequest extends PageRequest<"name" | "createdAt"> {
  readonly name: string | undefined;
}

/** What use cases of nodes need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface NodeStore {
  /** Throws `conflict`/`NODE_NAME_TAKEN`. */
  insert(node: Node, event: AuditDraft): Promise<void>;
  byId(id: string): Promise<Node | undefined>;
  byName(name: string): Promise<Node | undefined>;
  page(request: NodePageRequest): Promise<Page<Node>>;
  /** By name. */
  all(): Promise<readonly Node[]>;
  /**
   * `plan` says what the node becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again. Throws `not_found`/`NODE_UNKNOWN`.
   */
  change(id: string, plan: (current: Node) => NodeChange | undefined): Promise<Node>;
  /** Throws `not_found`/`NODE_UNKNOWN`, and what `plan` throws, which is given handles of the servers that are on it. */
  delete(id: string, plan: (current: Node, servers: readonly string[]) => AuditDraft): Promise<void>;
}
