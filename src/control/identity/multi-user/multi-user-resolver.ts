import { hash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { z } from "zod";
import type { Grant } from "../../../api/grant.ts";
import { oneLine } from "../../../core/one-line.ts";
import type { CredentialResolver } from "../../access/credential-resolver.ts";
import { claimsOrUndefined, looksLikeJwt } from "../jwt/own-jwts.ts";
import { bindingsOfScopes, parseServerCap } from "../oidc/claimed-rights.ts";
import { IssuerKeys, type IssuerKeysDeps } from "../oidc/issuer-keys.ts";
import { OIDC_ALGORITHMS } from "../oidc/oidc-issuer.ts";
import { parseScopes } from "../user-grant.ts";

/** What a gateway in multi-user mode proves JWTs with: a secret shared with who signs them, or public keys at a URL. */
export type MultiUserKey = { readonly kind: "secret"; readonly secret: Uint8Array } | { readonly kind: "jwks"; readonly url: string };

export interface MultiUserJwts {
  readonly key: MultiUserKey;
  /** What `iss` must be; undefined: anything. JWTs of other issuers are for others to judge. */
  readonly issuer: string | undefined;
  /** What `aud` must hold; undefined: anything. */
  readonly audience: string | undefined;
  /** The project of a JWT that names none in its claim `project`; undefined: it is bound to none. */
  readonly project: string | undefined;
}

/** How far the clock of who signs may differ from ours. */
const SKEW_SECONDS = 30;

/** The kinds never mix: a public key must not serve as the secret of an HMAC. */
const ALGORITHMS = { secret: ["HS256"], jwks: OIDC_ALGORITHMS } as const;

const claimsSchema = z.object({
  iss: z.string().default(""),
  sub: z.string().min(1).max(500),
  exp: z.number(),
  project: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/)
    .optional(),
});

/**
 * Says what JWTs open by themselves: nobody else is asked, so every replica says the same, also after a restart. Such a
 * JWT needs `sub` and `exp`; it opens what its `scope`, `allow_servers` and `project` say.
 */
export function multiUserResolver(settings: MultiUserJwts, deps: IssuerKeysDeps): CredentialResolver {
  const { key, issuer, audience } = settings;
  const algorithms: readonly string[] = ALGORITHMS[key.kind];
  const options = (): JWTVerifyOptions => ({
    algorithms: [...algorithms],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    requiredClaims: ["sub", "exp"],
    clockTolerance: SKEW_SECONDS,
    currentDate: deps.clock.now(),
  });
  const verify = verifierOf(key, deps);
  return {
    takes: (credential) => looksLikeJwt(credential) && isOurs(credential, algorithms, issuer),
    async resolve(credential) {
      const payload = await claimsOrUndefined(() => verify(credential, options()));
      const fromFuture = (payload?.iat ?? 0) > deps.clock.now().getTime() / 1000 + SKEW_SECONDS;
      return payload === undefined || fromFuture ? undefined : grantOf(payload, settings.project);
    },
  };
}

function verifierOf(key: MultiUserKey, deps: IssuerKeysDeps): (token: string, options: JWTVerifyOptions) => Promise<JWTPayload> {
  if (key.kind === "secret") return async (token, options) => (await jwtVerify(token, key.secret, options)).payload;
  const keys = new IssuerKeys({ issuer: key.url, jwksUrl: key.url }, deps);
  return async (token, options) => (await jwtVerify(token, (header, jws) => keys.keyOf(header, jws), options)).payload;
}

/** Read before anything is proven: it decides who judges the token, and nothing else. */
function isOurs(token: string, algorithms: readonly string[], issuer: string | undefined): boolean {
  try {
    const { alg } = decodeProtectedHeader(token);
    return alg !== undefined && algorithms.includes(alg) && (issuer === undefined || decodeJwt(token).iss === issuer);
  } catch {
    return false;
  }
}

function grantOf(payload: JWTPayload, defaultProject: string | undefined): Grant | undefined {
  const { success, data: claims } = claimsSchema.safeParse(payload);
  const cap = parseServerCap(payload.allow_servers);
  if (!success || cap === "unreadable") return undefined;
  const allowServers = cap === "none" ? undefined : [...cap];
  const project = claims.project ?? defaultProject;
  const scopes = parseScopes(payload.scope);
  return {
    principal: {
      kind: "jwt",
      id: `ext_${hash("sha256", `${claims.iss}\n${claims.sub}`, "hex").slice(0, 32)}`,
      name: oneLine(claims.sub, 189),
      ...(project === undefined ? {} : { project }),
    },
    bindings: [...bindingsOfScopes(scopes, allowServers)],
    scopes,
    ...(allowServers === undefined ? {} : { allowServers }),
    expiresAt: new Date(claims.exp * 1000).toISOString(),
  };
}
