import { AppError } from "../../core/app-error.ts";
import type { Principal } from "../../core/caller.ts";
import { intersectBindings, type RoleBinding } from "../../core/permission.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";
import { addressKey } from "../identity/address-key.ts";
import type { IntrospectionLimit } from "./introspection-limit.ts";

export interface IntrospectDeps {
  /** Of McpTokens. */
  readonly resolver: CredentialResolver;
  readonly limit: IntrospectionLimit;
}

/** What a token opens; of one shape whatever the token. */
export interface Introspection {
  readonly active: boolean;
  readonly principal: Principal | null;
  /** ISO 8601; null: it does not expire. */
  readonly expiresAt: string | null;
  /** Its own within its owner's. */
  readonly roleBindings: readonly RoleBinding[];
}

const INACTIVE: Introspection = { active: false, principal: null, expiresAt: null, roleBindings: [] };

/**
 * What the token that a request came with opens. One that is unknown, revoked or expired, or whose owner is disabled, is
 * inactive, and no more is said of it (RFC 7662, section 2.2).
 *
 * Throws `unauthenticated`/`MCP_TOKEN_REQUIRED` where there is no McpToken at all, and as `IntrospectionLimit` does.
 */
export async function introspectMcpToken(
  { resolver, limit }: IntrospectDeps,
  bearer: string | undefined,
  address: string | undefined,
): Promise<Introspection> {
  if (bearer === undefined || !resolver.takes(bearer)) {
    const problem = bearer === undefined ? "Bearer token required" : "Invalid token: it is no McpToken";
    throw new AppError("unauthenticated", "MCP_TOKEN_REQUIRED", problem, { hint: "send Authorization: Bearer mcpctl_pat_…" });
  }
  const grant = await limit.guard(addressKey(address), () => resolver.resolve(bearer));
  if (grant === undefined) return INACTIVE;
  const roleBindings = intersectBindings(grant.bindings, grant.ownerBindings ?? []).map(({ binding }) => binding);
  return { active: true, principal: grant.principal, expiresAt: grant.expiresAt ?? null, roleBindings };
}
