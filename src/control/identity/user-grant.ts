import type { Grant } from "../../api/grant.ts";
import { SCOPES, type Scope } from "../../core/caller.ts";
import { compileRights, type GrantedBinding } from "../../core/permission.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import type { Account } from "./account.ts";

/** What people's credentials may do with MCP without any further right. */
export const COMMON_SCOPES: readonly Scope[] = ["mcp:read", "mcp:call"];

/** Scopes as a claim says them, in one text or in a list; those of others are left out. */
export function parseScopes(claim: unknown): Scope[] {
  const words = typeof claim === "string" ? claim.split(" ") : claim;
  return Array.isArray(words) ? SCOPES.filter((scope) => words.includes(scope)) : [];
}

/** Whether bindings allow what the scope mcp:admin opens. */
export function coverAdminScope(bindings: readonly GrantedBinding[]): boolean {
  return compileRights(bindings).decide({ verb: "edit", resource: "servers" }).allowed;
}

/** The scopes that bindings allow. */
export function scopesWithin(scopes: readonly Scope[], bindings: readonly GrantedBinding[]): Scope[] {
  return scopes.filter((scope) => scope !== "mcp:admin" || coverAdminScope(bindings));
}

/** What a user's session opens. */
export async function userGrant(source: BindingsSource, { id, username, email, roles }: Account, expiresAt: Date): Promise<Grant> {
  const bindings = [...(await source.ofUser({ id, username, email, roles }))];
  return {
    principal: { kind: "user", id, name: username, email },
    bindings,
    scopes: scopesWithin([...COMMON_SCOPES, "mcp:admin"], bindings),
    expiresAt: expiresAt.toISOString(),
  };
}
