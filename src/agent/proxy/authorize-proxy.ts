import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "../../core/app-error.ts";
import { requireNode, requireRole, type TokenCheck } from "../identity/authorize-rpc.ts";
import { parseBearer } from "../identity/bearer-of.ts";

export interface AuthorizeProxyDeps {
  readonly tokens: TokenCheck;
  readonly nodeName: string;
  /** A token that opens the proxy and nothing else; undefined: there is none. */
  readonly proxyToken?: string | undefined;
}

/** The role of gateways, with which nothing but the proxy opens. */
const PROXY_ROLE = "proxy";

/**
 * Lets a call to a component through: of who holds the proxy's own token, of a gateway with the key of this node, and of who
 * may operate. Where the identity provider is away an older answer will do, so that calls outlive its restart.
 *
 * Throws `unauthenticated`, `denied`/`OTHER_NODE`, `denied`/`ROLE_REQUIRED`, and `unavailable` where nobody can tell.
 */
export async function authorizeProxy(
  authorization: string | undefined,
  { tokens, nodeName, proxyToken }: AuthorizeProxyDeps,
): Promise<void> {
  const token = parseBearer(authorization);
  if (proxyToken !== undefined && equal(token, proxyToken)) return;
  const caller = await tokens.validate(token, { evenStale: true });
  if (caller === undefined) throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: it is unknown, expired or revoked");
  requireNode(caller, nodeName);
  if (!caller.roles.includes(PROXY_ROLE)) requireRole(caller, "operate");
}

function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
