import { decodeJwt } from "jose";
import type { CredentialResolver } from "../../access/credential-resolver.ts";
import { type OidcGrantDeps, oidcGrant } from "../oidc/oidc-grant.ts";
import type { OidcJwts } from "../oidc/oidc-jwts.ts";
import { type ApiJwtDeps, resolveApiJwt } from "./api-jwt.ts";
import { looksLikeJwt } from "./own-jwts.ts";

export interface JwtResolverDeps extends ApiJwtDeps, OidcGrantDeps {
  /** JWTs of other issuers. */
  readonly oidc: OidcJwts;
}

/**
 * Says what JWTs open: our own for API clients, and those of other issuers. The issuer that a token claims only chooses
 * who verifies it, and that one takes no token of another issuer.
 */
export function jwtResolver(deps: JwtResolverDeps): CredentialResolver {
  return {
    takes: looksLikeJwt,
    async resolve(credential) {
      const issuer = claimedIssuer(credential);
      if (issuer === undefined) return undefined;
      if (issuer === deps.installation.issuer) return await resolveApiJwt(deps, credential);
      const verified = await deps.oidc.verify(issuer, credential);
      return verified === undefined ? undefined : await oidcGrant(deps, verified.issuer, verified.payload);
    },
  };
}

function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
