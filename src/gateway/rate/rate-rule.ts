import type { ServerDefinition } from "../../api/server-definition.ts";
import { matchesGlob } from "../../core/glob.ts";
import type { RatePolicy } from "../policy/gateway-policy.ts";

/**
 * Calls a minute of one identity by this method; undefined: no limit. What the server says of the method comes first,
 * then what it says of all methods, then the installation's word in the same order. 0 is no limit.
 */
export function rateOf(
  rates: RatePolicy,
  server: Pick<ServerDefinition, "rateLimit" | "policy"> | undefined,
  method: string,
): number | undefined {
  const own = server?.policy.rateLimits;
  const limit =
    (own === undefined ? undefined : ofMethod(own, method)) ?? server?.rateLimit ?? ofMethod(rates.methods, method) ?? rates.perMinute;
  return limit === 0 ? undefined : limit;
}

/** A method that is named comes before patterns, and of patterns the one with the most letters. */
function ofMethod(limits: Readonly<Record<string, number>>, method: string): number | undefined {
  if (Object.hasOwn(limits, method)) return limits[method];
  let best: string | undefined;
  for (const pattern in limits) {
    if (matchesGlob(pattern, method) && (best === undefined || lettersOf(pattern) > lettersOf(best))) best = pattern;
  }
  return best === undefined ? undefined : limits[best];
}

function lettersOf(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, "").length;
}
