import { type EdgePolicy, foreignPart } from "../../core/edge-policy.ts";
import type { IncomingHeaders } from "../incoming-request.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Route } from "../route.ts";

/** 403 for a Host or an Origin that may not call. Pages of our own, wherever they come from, may use the manager's routes. */
export function refuseForeign(
  edge: EdgePolicy,
  ownOrigins: readonly string[],
  route: Route,
  headers: IncomingHeaders,
): Refusal | undefined {
  const origin = headers.get("origin");
  const isOwn = origin !== null && "manager" in route && ownOrigins.includes(origin);
  const foreign = foreignPart(edge, headers.get("host"), isOwn ? null : origin);
  return foreign === undefined ? undefined : refuse("origin_denied", `This ${foreign === "host" ? "Host" : "Origin"} may not call`);
}
