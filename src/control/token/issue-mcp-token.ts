import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { generateToken, hashToken, tokenHead } from "../../core/mcp-token.ts";
import type { McpToken } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

export interface IssueMcpTokenDeps {
  readonly tokens: McpTokenStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Issues a token for one project, in place of an earlier one with this name. The raw token is in the answer and nowhere else. */
export async function issueMcpToken(
  deps: IssueMcpTokenDeps,
  input: { readonly name: string; readonly projectId: string; readonly ownerId: string; readonly expiresAt?: Date },
): Promise<{ token: McpToken; raw: string }> {
  const raw = generateToken();
  const token: McpToken = {
    id: deps.ids.next("tok"),
    name: input.name,
    projectId: input.projectId,
    ownerId: input.ownerId,
    head: tokenHead(raw),
    sha256: hashToken(raw),
    createdAt: deps.clock.now(),
    expiresAt: input.expiresAt,
    revokedAt: undefined,
  };
  await deps.tokens.replace(token);
  return { token, raw };
}
