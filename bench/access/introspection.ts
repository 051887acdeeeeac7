import type { Grant } from "../../src/api/grant.ts";
import { systemClock } from "../../src/core/clock.ts";
import { generateToken, hashToken } from "../../src/core/mcp-token.ts";
import { GrantCache } from "../../src/gateway/identity/grant-cache.ts";
import { type Effort, type Figure, perSecond } from "./measure.ts";

const TOKENS = 10_000;
/** Longer than the bench takes: only known answers are counted. */
const TTL_MS = 3_600_000;
const BUDGET = { limit: 50_000, is: "at least" } as const;

function grantOf(raw: string, at: number): Grant {
  const principal = {
    kind: "token",
    id: `tok_${at}`,
    name: `t${at}`,
    sha: hashToken(raw),
    project: "demo",
    ownerId: "usr_1",
    owner: "jo",
  } as const;
  const bindings = [{ binding: { role: "run", resource: "servers" } as const, source: `mcptoken-tok_${at}` }];
  return { principal, bindings, ownerBindings: bindings, scopes: ["mcp:read", "mcp:call"] };
}

/** Checks of credentials whose answer is known, in this one process: the hash of the raw token and the look-up. */
export async function introspectionFigures({ rounds, roundMs }: Effort): Promise<Figure[]> {
  const tokens = Array.from({ length: TOKENS }, generateToken);
  const grants = new Map(tokens.map((raw, at) => [raw, grantOf(raw, at)]));
  const introspect = async (raw: string) => grants.get(raw);
  const cache = new GrantCache({ introspect, clock: systemClock, positiveTtlMs: TTL_MS, negativeTtlMs: TTL_MS, maxEntries: TOKENS });
  for (const raw of tokens) await cache.ask(hashToken(raw), raw);
  const check = (turn: number) => {
    const known = cache.known(hashToken(tokens[turn % TOKENS] ?? ""));
    return known !== "ask" && known !== undefined;
  };
  perSecond(roundMs, check);
  const measured = Array.from({ length: rounds }, () => perSecond(roundMs, check));
  return [{ what: `cached introspection, ${TOKENS} tokens, hash included`, rounds: measured, unit: "checks/s", budget: BUDGET }];
}
