import { AppError } from "../../core/app-error.ts";
import type { Caller } from "../../core/caller.ts";
import { claimsKind, hasShape } from "../../core/credential.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { GrantCache, PresentedCredential } from "./grant-cache.ts";

/** RFC 9110, section 11.6.1: a 401 names the scheme. */
export const CHALLENGE = { "www-authenticate": 'Bearer realm="mcpctl"' };
const MAX_CREDENTIAL = 8192;

/** RFC 6750 section 2.1: the scheme in any case, one b64token. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** A JWT in its compact form (RFC 7515 section 3.1). */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Who calls, from the Authorization header alone: 401 for any credential that opens nothing, 503 where nobody can say,
 * 429 where nobody says any more to clients at this address. A promise only where somebody has to be asked.
 */
export function authenticate(
  grants: GrantCache,
  authorization: string | null,
  address?: string,
): Caller | Refusal | Promise<Caller | Refusal> {
  const before = authorization === null ? undefined : grants.presented(authorization);
  const presented = before ?? readCredential(authorization);
  if (isRefusal(presented)) return presented;
  const known = grants.known(presented.hash);
  if (known === "ask") return ask(grants, presented, address);
  if (known === undefined) return unknown();
  // Those that open nothing are not worth it.
  if (before === undefined && authorization !== null) grants.present(authorization, presented);
  return known;
}

function readCredential(authorization: string | null): PresentedCredential | Refusal {
  const credential = credentialOf(authorization);
  return typeof credential === "string" ? { credential, hash: hashToken(credential) } : credential;
}

async function ask(grants: GrantCache, { credential, hash }: PresentedCredential, address: string | undefined): Promise<Caller | Refusal> {
  try {
    return (await grants.ask(hash, credential, address)) ?? unknown();
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === "exhausted") return refuse("rate_limited", thrown.message, { "retry-after": "5" });
    const why = thrown instanceof AppError ? thrown.message : "the control plane does not answer";
    return refuse("auth_unavailable", `The token cannot be checked now: ${why}`, { "retry-after": "1" });
  }
}

function unknown(): Refusal {
  return refuse("unauthenticated", "Invalid token: it is unknown, expired or revoked", CHALLENGE);
}

function credentialOf(authorization: string | null): string | Refusal {
  if (authorization === null || authorization === "") return refuse("unauthenticated", "Bearer token required", CHALLENGE);
  const credential = authorization.length > MAX_CREDENTIAL + 100 ? undefined : BEARER.exec(authorization)?.[1];
  if (credential === undefined || credential.length > MAX_CREDENTIAL) {
    return refuse("unauthenticated", "Invalid token: the Authorization header must be 'Bearer <token>'", CHALLENGE);
  }
  const flaw = flawOf(credential);
  return flaw === undefined ? credential : refuse("unauthenticated", `Invalid token: ${flaw}`, CHALLENGE);
}

/** What is wrong with a credential at first sight, so that nobody needs to be asked. */
function flawOf(credential: string): string | undefined {
  if (claimsKind("token", credential)) return hasShape("token", credential) ? undefined : "it is not a whole McpToken";
  if (claimsKind("gateway", credential)) return "the key of a gateway opens nothing here";
  if (credential.includes(".") && !JWT.test(credential)) return "it is not a JWT of three parts";
  return undefined;
}
