import { z } from "zod";
import type { Grant } from "../../../api/grant.ts";
import { AppError } from "../../../core/app-error.ts";
import type { Scope } from "../../../core/caller.ts";
import { parseServerHandle } from "../../../core/server-handle.ts";
import type { BindingsSource } from "../../access/bindings-source.ts";
import type { Account } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import { MAX_CREDENTIAL_LENGTH } from "../presented-credential.ts";
import { parseScopes, scopesWithin } from "../user-grant.ts";
import { type IssuedJwt, issueJwt, type OwnJwtsDeps, verifyJwt } from "./own-jwts.ts";
import type { RevokedJwtStore } from "./revoked-jwt-store.ts";

export interface ApiJwtDeps extends OwnJwtsDeps {
  readonly accounts: AccountStore;
  readonly bindings: BindingsSource;
  readonly revoked: RevokedJwtStore;
}

export interface ApiJwtInput {
  readonly scopes: readonly Scope[];
  /** Handles of the only servers that it is to open; undefined: all that its user may use. */
  readonly servers: readonly string[] | undefined;
}

const claimsSchema = z.object({
  sub: z.string(),
  jti: z.string(),
  exp: z.number(),
  scope: z.string(),
  allow_servers: z.array(z.string()).optional(),
});

/**
 * A JWT by which a client acts for this user within `scopes` and `servers`.
 *
 * Throws `denied`/`SCOPE_NOT_HELD` for mcp:admin without edit on all servers, `invalid`/`SERVER_HANDLE_INVALID`,
 * `invalid`/`SERVERS_TOO_MANY` for a token that would not fit into a header.
 */
export async function issueApiJwt(deps: ApiJwtDeps, account: Account, { scopes, servers }: ApiJwtInput): Promise<IssuedJwt> {
  const allowServers = servers === undefined ? {} : { allow_servers: [...new Set(servers.map(parseServerHandle))] };
  if (scopesWithin(scopes, await deps.bindings.ofUser(account)).length < scopes.length) {
    throw new AppError("denied", "SCOPE_NOT_HELD", `User ${account.username} may not hand out the scope mcp:admin`, {
      hint: "it takes a role binding with role:edit,resource:servers",
    });
  }
  const claims = { name: account.username, scope: [...new Set(scopes)].join(" "), ...allowServers };
  const issued = await issueJwt(deps, deps.installation.gateway, account.id, claims);
  if (issued.token.length <= MAX_CREDENTIAL_LENGTH) return issued;
  throw new AppError("invalid", "SERVERS_TOO_MANY", `With so many servers the token has over ${MAX_CREDENTIAL_LENGTH} characters`, {
    hint: "name fewer, or none and give the user role bindings for those that it is to open",
  });
}

/** What a JWT of ours for API clients opens: what its user may do now, within its scopes and servers. */
export async function resolveApiJwt(deps: ApiJwtDeps, token: string): Promise<Grant | undefined> {
  const claims = claimsSchema.safeParse(await verifyJwt(deps, deps.installation.gateway, token));
  if (!claims.success) return undefined;
  const { sub, jti, exp, scope, allow_servers: allowServers } = claims.data;
  const [revoked, account] = await Promise.all([deps.revoked.isRevoked(jti), deps.accounts.byId(sub)]);
  if (revoked || account === undefined || account.disabled) return undefined;
  const bindings = [...(await deps.bindings.ofUser(account))];
  return {
    // The user's id and not the token's: what a client has begun is still its own with the next token.
    principal: { kind: "jwt", id: account.id, name: account.username, userId: account.id },
    bindings,
    scopes: scopesWithin(parseScopes(scope), bindings),
    ...(allowServers === undefined ? {} : { allowServers }),
    expiresAt: new Date(exp * 1000).toISOString(),
  };
}
