import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import { type Actor, auditActor } from "../access/actor.ts";
import { findMcpToken, type TokenReference } from "./find-mcp-token.ts";
import { accessNameOf, type TokenListing } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

export interface EndMcpTokenDeps {
  readonly tokens: McpTokenStore;
  readonly clock: Clock;
}

/**
 * Ends a token for good: it opens nothing from here on, its definition goes and its name is free. Its row stays. One that
 * is revoked already stays as it is. It takes the right to delete the token.
 *
 * Throws as `findMcpToken` does.
 */
export async function revokeMcpToken(deps: EndMcpTokenDeps, actor: Actor, reference: TokenReference): Promise<TokenListing> {
  const found = await findMcpToken(deps.tokens, actor, "delete", reference);
  const now = deps.clock.now();
  await deps.tokens.revoke(found.token.id, now, revokedEvent(actor, found, now, "mcptoken.revoke"));
  const after = await deps.tokens.byId(found.token.id);
  // Somebody may have deleted it since.
  return after ?? { ...found, token: { ...found.token, revokedAt: found.token.revokedAt ?? now }, roleBindings: [] };
}

/** Ends a token and forgets it. Throws as `findMcpToken` does. */
export async function deleteMcpToken(deps: EndMcpTokenDeps, actor: Actor, reference: TokenReference): Promise<void> {
  const found = await findMcpToken(deps.tokens, actor, "delete", reference);
  await deps.tokens.delete(found.token.id, revokedEvent(actor, found, deps.clock.now(), "mcptoken.delete"));
}

function revokedEvent(actor: Actor, { token, project }: TokenListing, at: Date, action: string): AuditDraft {
  return {
    ...auditActor(actor),
    kind: "token_revoked",
    outcome: "ok",
    at: at.toISOString(),
    action,
    resource: "mcptokens",
    resourceName: accessNameOf(project, token.name),
    project,
    tokenName: token.name,
    tokenSha: token.sha256,
    detail: { id: token.id },
  };
}
