import { z } from "zod";

/** Asymmetric ones alone: with HS* whoever can verify can sign. */
export const OIDC_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const httpsUrl = z
  .url({ protocol: /^https$/, error: "must be an https URL" })
  .max(500, "must have at most 500 characters")
  .refine((url) => !/[?#@]/.test(url), "must have no query, fragment or user");
const claim = z.string().min(1).max(100);

/** A provider whose JWTs are taken besides our own. */
export interface OidcIssuer {
  /** Compared with `iss` to the letter. */
  readonly issuer: string;
  /** What `aud` must hold: the name of this installation with that provider. */
  readonly audience: string;
  /** The one algorithm that its JWTs are signed with. */
  readonly algorithm: (typeof OIDC_ALGORITHMS)[number];
  /** Where its keys are; absent: where its discovery document says. */
  readonly jwksUrl?: string | undefined;
  /** Maps to a user, where `email_verified` is true. */
  readonly emailClaim: string;
  /** Maps to groups whoever maps to no user. */
  readonly groupsClaim?: string | undefined;
  /** Scopes, in one text or a list; absent: who maps to a user or group has mcp:read and mcp:call, others what `scope` says. */
  readonly scopesClaim?: string | undefined;
}

/** As the configuration file writes it. */
const oidcIssuerSchema = z
  .strictObject({
    issuer: httpsUrl,
    audience: z.string().min(1).max(200),
    algorithm: z.enum(OIDC_ALGORITHMS),
    jwks_url: httpsUrl.optional(),
    email_claim: claim.default("email"),
    groups_claim: claim.optional(),
    scopes_claim: claim.optional(),
  })
  .transform(
    ({ jwks_url, email_claim, groups_claim, scopes_claim, ...issuer }): OidcIssuer => ({
      ...issuer,
      jwksUrl: jwks_url,
      emailClaim: email_claim,
      groupsClaim: groups_claim,
      scopesClaim: scopes_claim,
    }),
  );

/** Providers whose JWTs are taken besides our own. */
export const oidcIssuersSchema = z
  .array(oidcIssuerSchema)
  .max(20, "must name at most 20 issuers")
  .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, "must name each issuer once");
