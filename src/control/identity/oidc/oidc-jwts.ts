import { type JWTPayload, jwtVerify } from "jose";
import { claimsOrUndefined } from "../jwt/own-jwts.ts";
import { IssuerKeys, type IssuerKeysDeps } from "./issuer-keys.ts";
import type { OidcIssuer } from "./oidc-issuer.ts";

export interface VerifiedJwt {
  readonly issuer: OidcIssuer;
  readonly payload: JWTPayload;
}

/** Says whose a JWT of another issuer is. */
export interface OidcJwts {
  /** Undefined for a token that its issuer has not signed for us as it is. Throws `unavailable`/`JWKS_UNAVAILABLE`. */
  verify(issuer: string, token: string): Promise<VerifiedJwt | undefined>;
}

/** How far an issuer's clock may differ from ours. */
const SKEW_SECONDS = 30;

/** JWTs of these issuers, each verified by its own keys, algorithm, issuer and audience alone. */
export function oidcJwts(issuers: readonly OidcIssuer[], deps: IssuerKeysDeps): OidcJwts {
  const known = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: new IssuerKeys(issuer, deps) }]));
  return {
    async verify(name, token) {
      const found = known.get(name);
      if (found === undefined) return undefined;
      const { issuer, keys } = found;
      const payload = await claimsOrUndefined(async () => {
        const verified = await jwtVerify(token, (header, jws) => keys.keyOf(header, jws), {
          algorithms: [issuer.algorithm],
          issuer: issuer.issuer,
          audience: issuer.audience,
          requiredClaims: ["sub", "exp"],
          clockTolerance: SKEW_SECONDS,
          currentDate: deps.clock.now(),
        });
        return verified.payload;
      });
      const nowSeconds = deps.clock.now().getTime() / 1000;
      if (payload === undefined || (payload.iat ?? 0) > nowSeconds + SKEW_SECONDS) return undefined;
      return { issuer, payload };
    },
  };
}
