import type { Grant } from "../../api/grant.ts";
import type { Clock } from "../../core/clock.ts";
import { compileRights, intersectRights } from "../../core/permission.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import { scopesOf } from "../access/scopes-of.ts";
import type { AccountStore } from "../identity/account-store.ts";
import { scopesWithin } from "../identity/user-grant.ts";
import { statusOf } from "../token/mcp-token.ts";
import type { McpTokenStore } from "../token/mcp-token-store.ts";

export interface CurrentGrantDeps {
  readonly tokens: Pick<McpTokenStore, "byHash">;
  readonly accounts: Pick<AccountStore, "byId">;
  readonly bindings: BindingsSource;
  readonly clock: Clock;
}

/**
 * What somebody who dispatched a call may do now, when it is carried out: never more scopes or servers than their
 * credential had then. Undefined: nothing, as their token was revoked or has expired, or their user is disabled or gone.
 *
 * A session or a JWT of a user may have ended meanwhile; its user still answers for what was begun with it. A JWT that
 * stands for no user here is all that vouches for its bearer, and so opens nothing once it has expired.
 */
export async function currentGrant(deps: CurrentGrantDeps, then: Grant): Promise<Grant | undefined> {
  const { principal } = then;
  switch (principal.kind) {
    case "token":
      return ofToken(deps, then, principal.sha);
    case "user":
      return ofUser(deps, then, principal.id);
    case "jwt":
      if (principal.userId !== undefined) return ofUser(deps, then, principal.userId);
      return then.expiresAt !== undefined && Date.parse(then.expiresAt) <= deps.clock.now().getTime() ? undefined : then;
    case "gateway":
    case "system":
      return then;
  }
}

async function ofToken({ tokens, bindings, clock }: CurrentGrantDeps, then: Grant, sha: string): Promise<Grant | undefined> {
  const found = await tokens.byHash(sha);
  if (found === undefined || found.owner.disabled || statusOf(found.token, clock.now()) !== "active") return undefined;
  const [own, ofOwner] = await Promise.all([bindings.ofToken(sha), bindings.ofUser(found.owner)]);
  const scopes = scopesOf(intersectRights(compileRights(own), compileRights(ofOwner)));
  return { ...then, bindings: [...own], ownerBindings: [...ofOwner], scopes: then.scopes.filter((scope) => scopes.includes(scope)) };
}

async function ofUser({ accounts, bindings }: CurrentGrantDeps, then: Grant, id: string): Promise<Grant | undefined> {
  const account = await accounts.byId(id);
  if (account === undefined || account.disabled) return undefined;
  const now = [...(await bindings.ofUser(account))];
  return { ...then, bindings: now, scopes: scopesWithin(then.scopes, now) };
}
