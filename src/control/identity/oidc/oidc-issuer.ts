import { z } from "zod";

/** Asymmetric ones alone: with HS* whoever can verify can sign. */
export const OIDC_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const httpsUrl = z
  .url({ protocol: /^https$/, error: "must be an https URL" })
  .max(500, "must have at most 500 characters")
  .refine((url) => !/[?#@]/.test(url), "must have no query, fragment or user");
const claim = z.string().min(1).max(100);

const oidcIssuerSchema = z.strictObject({
  /** Compared with `iss` to the letter. */
  issuer: httpsUrl,
  /** What `aud` must hold: the name of this installation with that provider. */
  audience: z.string().min(1).max(200),
  /** The one algorithm that its JWTs are signed with. */
  algorithm: z.enum(OIDC_ALGORITHMS),
  /** Where its keys are; absent: where its discovery document says. */
  jwksUrl: httpsUrl.optional(),
  /** Maps to a user, where `email_verified` is true. */
  emailClaim: claim.default("email"),
  /** Maps to groups whoever maps to no user. */
  groupsClaim: claim.optional(),
  /** Scopes, in one text or a list; absent: who maps to a user or group has mcp:read and mcp:call, others what `scope` says. */
  scopesClaim: claim.optional(),
});

/** Providers whose JWTs are taken besides our own. */
export const oidcIssuersSchema = z
  .array(oidcIssuerSchema)
  .max(20, "must name at most 20 issuers")
  .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, "must name each issuer once");

export type OidcIssuer = z.infer<typeof oidcIssuerSchema>;
