import type { Scope } from "../../core/caller.ts";
import { matchesGlob } from "../../core/glob.ts";

/** Which scope a method takes; undefined: a valid credential is enough. */
export type ScopeMap = (method: string) => Scope | undefined;

/** Methods, or patterns of methods, and the scope that each takes. */
export type ScopeEntry = readonly [pattern: string, scope: Scope];

/** What a client says of itself and of its requests, and how it asks whether we live: no map can take these from it. */
const ALWAYS_OPEN = ["ping", "notifications/*"];
/** How a client begins. A map that names them takes them in. */
const OPENING = ["initialize", "server/discover"];

const SCOPE_RANK: Readonly<Record<Scope, number>> = { "mcp:read": 0, "mcp:call": 1, "mcp:admin": 2 };

/** Methods are few and clients name them: more than these are worked out each time. */
const MAX_KEPT = 256;

/**
 * A method that stands in the map takes what it says; else the pattern with the most letters decides, and of two alike
 * the one that asks for more. What is in the map nowhere takes mcp:admin.
 */
export function compileScopes(entries: readonly ScopeEntry[]): ScopeMap {
  const exact = new Map(entries.filter(([pattern]) => !isPattern(pattern)));
  const patterns = entries.filter(([pattern]) => isPattern(pattern)).toSorted(moreExactFirst);
  const kept = new Map<string, Scope | undefined>();
  return (method) => {
    if (kept.has(method)) return kept.get(method);
    const scope = scopeIn(exact, patterns, method);
    if (kept.size < MAX_KEPT) kept.set(method, scope);
    return scope;
  };
}

function scopeIn(exact: ReadonlyMap<string, Scope>, patterns: readonly ScopeEntry[], method: string): Scope | undefined {
  if (ALWAYS_OPEN.some((open) => matchesGlob(open, method))) return undefined;
  const named = exact.get(method);
  if (named !== undefined) return named;
  if (OPENING.includes(method)) return undefined;
  return patterns.find(([pattern]) => matchesGlob(pattern, method))?.[1] ?? "mcp:admin";
}

function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

function moreExactFirst([one, scopeOfOne]: ScopeEntry, [other, scopeOfOther]: ScopeEntry): number {
  return lettersOf(other) - lettersOf(one) || SCOPE_RANK[scopeOfOther] - SCOPE_RANK[scopeOfOne];
}

function lettersOf(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, "").length;
}

/** Where nothing is configured. */
export const DEFAULT_SCOPES: Readonly<Record<Scope, readonly string[]>> = {
  "mcp:read": [
    "tools/list",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
  ],
  "mcp:call": ["tools/call", "tasks/get", "tasks/update", "tasks/cancel"],
  "mcp:admin": ["*"],
};

/** The map of a table of scopes, each with its methods. A method that stands under two scopes takes the higher one. */
export function scopesOfTable(table: Readonly<Partial<Record<Scope, readonly string[]>>>): ScopeMap {
  const entries = Object.entries(table).flatMap(([scope, methods]) => methods.map((method): ScopeEntry => [method, scope as Scope]));
  return compileScopes(entries.toSorted(([, one], [, other]) => SCOPE_RANK[one] - SCOPE_RANK[other]));
}
