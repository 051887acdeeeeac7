import { randomBytes } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../../core/clock.ts";
import { type Installation, JWT_LIFETIME_MS, JWT_SKEW_MS, type JwtUse } from "./installation.ts";
import { OWN_ALGORITHM, type SigningKeys } from "./signing-keys.ts";

export interface OwnJwtsDeps {
  readonly keys: SigningKeys;
  readonly installation: Installation;
  readonly clock: Clock;
}

export interface IssuedJwt {
  readonly token: string;
  readonly jti: string;
  readonly expiresAt: Date;
}

/** Signs claims for one use, for an hour. */
export async function issueJwt(
  { keys, installation, clock }: OwnJwtsDeps,
  use: JwtUse,
  subject: string,
  claims: JWTPayload,
): Promise<IssuedJwt> {
  const { kid, privateKey } = await keys.signer();
  const issuedAt = Math.floor(clock.now().getTime() / 1000);
  const expiresAt = issuedAt + JWT_LIFETIME_MS / 1000;
  const jti = randomBytes(16).toString("hex");
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: OWN_ALGORITHM, typ: use.typ, kid })
    .setIssuer(installation.issuer)
    .setAudience(use.audience)
    .setSubject(subject)
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(privateKey);
  return { token, jti, expiresAt: new Date(expiresAt * 1000) };
}

/**
 * The claims of a JWT of ours for this use: signed by a key of ours with our one algorithm, of our issuer, for this
 * audience and type, not expired and not from the future. Undefined for everything else. Whether it was revoked, and
 * whether its user is still there, is not asked here. Throws where the keys cannot be read.
 */
export async function verifyJwt({ keys, installation, clock }: OwnJwtsDeps, use: JwtUse, token: string): Promise<JWTPayload | undefined> {
  if (!isCanonical(token)) return undefined;
  const keyOf = async ({ kid }: { readonly kid?: string }) => {
    const key = await keys.verifier(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  return await claimsOrUndefined(async () => {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [OWN_ALGORITHM],
      issuer: installation.issuer,
      audience: use.audience,
      typ: use.typ,
      requiredClaims: ["sub", "jti", "iat", "exp"],
      // Also refuses what says that it was made in the future.
      maxTokenAge: JWT_LIFETIME_MS / 1000,
      clockTolerance: JWT_SKEW_MS / 1000,
      currentDate: clock.now(),
    });
    return payload;
  });
}

/** Undefined where the token is at fault. */
export async function claimsOrUndefined(verify: () => Promise<JWTPayload>): Promise<JWTPayload | undefined> {
  try {
    return await verify();
  } catch (thrown) {
    if (thrown instanceof errors.JOSEError) return undefined;
    throw thrown;
  }
}

const JWT_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether a credential has the shape of a signed JWT. */
export function looksLikeJwt(credential: string): boolean {
  return credential.startsWith("eyJ") && JWT_SHAPE.test(credential);
}

/** Base64url may write the same bytes in several ways; with one way only, a token has one SHA-256. */
function isCanonical(token: string): boolean {
  return JWT_SHAPE.test(token) && token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}
