import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { RoleBinding } from "../../core/permission.ts";
import type { PageRequest } from "../page/page.ts";
import type { McpToken, TokenListing, TokenStatus, TokenWithOwner } from "./mcp-token.ts";

/** A new token with the definition that gives it its rights. */
export interface TokenIssue {
  readonly token: McpToken;
  /** Named `mcptoken-<token id>`, its subject the token's SHA-256. Undefined where the token gets no bindings. */
  readonly definition: { readonly id: string; readonly roleBindings: readonly RoleBinding[] } | undefined;
  /** Revoke the token that has the name now. */
  readonly replace: boolean;
  /** What to record, given the token that was revoked for it. */
  readonly event: (replaced: { readonly id: string; readonly sha256: string } | undefined) => AuditDraft;
}

export interface TokenPageRequest extends PageRequest<"name" | "createdAt"> {
  readonly project: string | undefined;
  readonly owner: string | undefined;
  readonly name: string | undefined;
  readonly status: TokenStatus | undefined;
  /** What `status` is about. */
  readonly now: Date;
}

/** What token use cases need from storage. Every change is recorded with it in one transaction. */
export interface McpTokenStore {
  /**
   * Saves a token and its definition. The names of tokens that count are unique in a project; one that has expired by
   * then gives its name up.
   *
   * Throws `conflict`/`MCP_TOKEN_NAME_TAKEN`, and `not_found`/`PROJECT_UNKNOWN` or `USER_UNKNOWN` where the project or the
   * owner has gone.
   */
  issue(issue: TokenIssue): Promise<void>;
  byHash(sha256: string): Promise<TokenWithOwner | undefined>;
  byId(id: string): Promise<TokenListing | undefined>;
  /** Of several with the name the one that holds it, else the one made last. */
  byName(project: string, name: string): Promise<TokenListing | undefined>;
  /** `names` are names of access: `project/name`, or `project/*`. */
  page(request: TokenPageRequest): Promise<Page<TokenListing>>;
  /**
   * Frees the name, deletes the definition and takes the token out of those that people made. False, and nothing recorded,
   * where it is revoked already or gone.
   */
  revoke(id: string, at: Date, event: AuditDraft): Promise<boolean>;
  /** Does the same, and the row goes. False, and nothing recorded, where it is gone already. */
  delete(id: string, event: AuditDraft): Promise<boolean>;
  /** At most once a minute; no change of a resource, so nothing is recorded. */
  recordUse(id: string, at: Date): Promise<void>;
}
