import type { Grant } from "../../api/grant.ts";
import type { Clock } from "../../core/clock.ts";
import { claimsKind } from "../../core/credential.ts";
import { hashToken, isMcpToken } from "../../core/mcp-token.ts";
import { compileRights, intersectRights } from "../../core/permission.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";
import { scopesOf } from "../access/scopes-of.ts";
import { type McpToken, statusOf } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

export interface McpTokenResolverDeps {
  readonly tokens: Pick<McpTokenStore, "byHash" | "recordUse">;
  readonly bindings: Pick<BindingsSource, "ofUser" | "ofToken">;
  readonly clock: Clock;
}

const USE_EVERY_MS = 60_000;

/** Tells what McpTokens open: their own bindings within what their owner may do now. Of a disabled owner they open nothing. */
export function mcpTokenResolver(deps: McpTokenResolverDeps): CredentialResolver {
  return {
    takes: (credential) => claimsKind("token", credential),
    async resolve(credential): Promise<Grant | undefined> {
      if (!isMcpToken(credential)) return undefined;
      const sha = hashToken(credential);
      const found = await deps.tokens.byHash(sha);
      const now = deps.clock.now();
      if (found === undefined || found.owner.disabled || statusOf(found.token, now) !== "active") return undefined;
      const { token, project, owner } = found;
      const [own, ofOwner] = await Promise.all([deps.bindings.ofToken(sha), deps.bindings.ofUser(owner)]);
      recordUse(deps, token, now);
      return {
        principal: { kind: "token", id: token.id, name: token.name, sha, project, ownerId: owner.id, owner: owner.username },
        bindings: [...own],
        ownerBindings: [...ofOwner],
        scopes: scopesOf(intersectRights(compileRights(own), compileRights(ofOwner))),
        ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt.toISOString() }),
      };
    },
  };
}

/** In the background: that a use cannot be kept is no reason to refuse it, or to make it wait. */
function recordUse({ tokens }: McpTokenResolverDeps, { id, lastUsedAt }: McpToken, now: Date): void {
  if (lastUsedAt !== undefined && now.getTime() - lastUsedAt.getTime() < USE_EVERY_MS) return;
  tokens.recordUse(id, now).catch(() => {});
}
