import { isOperatorKey } from "../../api/operator-key.ts";
import { AppError } from "../../core/app-error.ts";
import { hashToken, isMcpToken } from "../../core/mcp-token.ts";
import type { Principal } from "../control-plane.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { GrantCache } from "./grant-cache.ts";

const CHALLENGE = { "www-authenticate": 'Bearer realm="mcpctl"' };
const MAX_CREDENTIAL = 4096;

/** Who calls, from the Authorization header alone: 401 for any credential that opens nothing, 503 where nobody can say. */
export async function authenticate(grants: GrantCache, authorization: string | null): Promise<Principal | Refusal> {
  const credential = credentialOf(authorization);
  if (typeof credential !== "string") return credential;
  const hash = hashToken(credential);
  try {
    const known = grants.known(hash);
    const grant = known === "ask" ? await grants.ask(hash) : known;
    return grant?.principal ?? refuse("unauthenticated", "Invalid token: it is unknown, expired or revoked", CHALLENGE);
  } catch (thrown) {
    const why = thrown instanceof AppError ? thrown.message : "the control plane does not answer";
    return refuse("auth_unavailable", `The token cannot be checked now: ${why}`, { "retry-after": "1" });
  }
}

function credentialOf(authorization: string | null): string | Refusal {
  if (authorization === null || authorization === "") return refuse("unauthenticated", "Bearer token required", CHALLENGE);
  const credential = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (credential === undefined || credential.length > MAX_CREDENTIAL) {
    return refuse("unauthenticated", "Invalid token: the Authorization header must be 'Bearer <token>'", CHALLENGE);
  }
  if (isMcpToken(credential) || isOperatorKey(credential)) return credential;
  return refuse("unauthenticated", "Invalid token: it is not a token of this gateway", CHALLENGE);
}
