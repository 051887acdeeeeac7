import type { Grant } from "../../api/grant.ts";
import { SCOPES, type Scope } from "../../core/caller.ts";
import { compileRights, type GrantedBinding } from "../../core/permission.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import { scopesOf } from "../access/scopes-of.ts";
import type { Account } from "./account.ts";

/** Scopes as a claim says them, in one text or in a list; those of others are left out. */
export function parseScopes(claim: unknown): Scope[] {
  const words = typeof claim === "string" ? claim.split(" ") : claim;
  return Array.isArray(words) ? SCOPES.filter((scope) => words.includes(scope)) : [];
}

/** Those of the scopes that bindings allow. */
export function scopesWithin(scopes: readonly Scope[], bindings: readonly GrantedBinding[]): Scope[] {
  const allowed = scopesOf(compileRights(bindings));
  return scopes.filter((scope) => allowed.includes(scope));
}

/** What a user's session opens. */
export async function userGrant(source: BindingsSource, { id, username, email, roles }: Account, expiresAt: Date): Promise<Grant> {
  const bindings = [...(await source.ofUser({ id, username, email, roles }))];
  return {
    principal: { kind: "user", id, name: username, email },
    bindings,
    scopes: scopesOf(compileRights(bindings)),
    expiresAt: expiresAt.toISOString(),
  };
}
