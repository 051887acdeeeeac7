import type { Scope } from "../../core/caller.ts";
import type { Rights } from "../../core/permission.ts";

/** What every credential carries but a gateway's; what may be done with them its bindings say. */
export const COMMON_SCOPES: readonly Scope[] = ["mcp:read", "mcp:call"];

/** The scopes of a credential with these rights: `mcp:admin` only for those who may change servers. */
export function scopesOf(rights: Rights): Scope[] {
  const admin = rights.decide({ verb: "edit", resource: "servers" }).allowed;
  return [...COMMON_SCOPES, ...(admin ? (["mcp:admin"] as const) : [])];
}
