import type { Grant } from "../../api/grant.ts";
import { addressKey } from "./address-key.ts";
import { invalid, presentedCredential } from "./presented-credential.ts";

/** Keeps those who guess at credentials slow. */
export interface CredentialLimit {
  /** `look`, whose finding nothing counts as a failure of `key`. Throws `exhausted` where that has failed too often. */
  guard<T>(key: string, look: () => Promise<T | undefined>): Promise<T | undefined>;
}

export interface AuthenticateRequestDeps {
  /** What a raw credential opens. */
  readonly resolve: (credential: string) => Promise<Grant | undefined>;
  readonly limit: CredentialLimit;
  /** Origins that are ours besides the one that a request was sent to. */
  readonly ownOrigins: readonly string[];
}

export type AuthenticateRequest = (request: Request, address: string | undefined) => Promise<Grant>;

/**
 * What a request's credential opens. Throws `unauthenticated`, `denied`/`ORIGIN_DENIED`, `exhausted` for an address
 * that guesses, and whatever keeps the resolver from telling.
 */
export function authenticateRequest({ resolve, limit, ownOrigins }: AuthenticateRequestDeps): AuthenticateRequest {
  return async (request, address) => {
    const { credential } = presentedCredential(request, ownOrigins);
    const grant = await limit.guard(addressKey(address), () => resolve(credential));
    if (grant === undefined) throw invalid("it is unknown, expired or revoked");
    return grant;
  };
}
