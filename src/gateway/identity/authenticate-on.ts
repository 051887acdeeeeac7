import type { Caller } from "../../core/caller.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Route } from "../route.ts";
import { authenticate, CHALLENGE } from "./authenticate.ts";
import type { GrantCache } from "./grant-cache.ts";
import { presentedAuthorization } from "./presented-authorization.ts";

export interface IdentityRules {
  readonly grants: GrantCache;
  /** Every credential is a bearer: a browser's cookie is nothing on any route. */
  readonly multiUser: boolean;
  readonly ownOrigins: readonly string[];
}

/** Who calls on this route. The manager's routes take a browser's session too. A promise only where somebody has to be asked. */
export function authenticateOn(
  { grants, multiUser, ownOrigins }: IdentityRules,
  route: Route,
  request: IncomingRequest,
  address: string | undefined,
): Caller | Refusal | Promise<Caller | Refusal> {
  const presented = authorizationOn({ multiUser, ownOrigins }, route, request);
  return isRefusal(presented) ? presented : authenticate(grants, presented, address);
}

/** The Authorization header, or what stands for it on this route. */
export function authorizationOn(
  { multiUser, ownOrigins }: Omit<IdentityRules, "grants">,
  route: Route,
  request: IncomingRequest,
): string | null | Refusal {
  if (!multiUser) return "manager" in route ? presentedAuthorization(request, ownOrigins) : request.headers.get("authorization");
  const presented = request.headers.get("authorization");
  return presented === null || presented === "" ? refuse("unauthenticated", "JWT token required", CHALLENGE) : presented;
}
