/** Which names an endpoint answers to, and which pages may call it. */
export interface EdgePolicy {
  /** Host names (no port) that a Host header may name; undefined: any. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Host names (no port) whose pages may call; a page of the endpoint's own host may always. */
  readonly allowedOriginHosts: readonly string[];
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(bindAddress: string): boolean {
  return bindAddress === "localhost" || bindAddress === "::1" || bindAddress.startsWith("127.");
}

/**
 * Bound to loopback: loopback's names, and those that are given besides. Elsewhere the Host is free until names are
 * given; then it is one of them, of loopback's, or the address that is bound to. Pages of no other host may call.
 */
export function edgePolicyFor(bindAddress: string, given: readonly string[] = []): EdgePolicy {
  const names = given.map((name) => name.toLowerCase());
  if (isLoopback(bindAddress)) return { allowedHosts: [...LOOPBACK_NAMES, ...names], allowedOriginHosts: LOOPBACK_NAMES };
  if (names.length === 0) return { allowedHosts: undefined, allowedOriginHosts: [] };
  const own = bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress;
  return { allowedHosts: [...LOOPBACK_NAMES, own.toLowerCase(), ...names], allowedOriginHosts: [] };
}

/**
 * Says what of a request a page may have made up in a victim's browser (DNS rebinding: CVE-2025-64443,
 * CVE-2025-66414); undefined where nothing is wrong. A request without Origin comes from no page.
 */
export function foreignPart(policy: EdgePolicy, host: string | null, origin: string | null): "host" | "origin" | undefined {
  if (policy.allowedHosts !== undefined && !policy.allowedHosts.includes(hostName(host ?? ""))) return "host";
  if (origin === null) return undefined;
  const authority = /^https?:\/\/([^/@\s]+)$/.exec(origin)?.[1];
  const allowed = authority !== undefined && (authority === host || policy.allowedOriginHosts.includes(hostName(authority)));
  return allowed ? undefined : "origin";
}

/** What was asked last: over one connection a client names the same host again and again. */
let last = { authority: "", name: "" };

/** The host of `host[:port]`, in lower case; an IPv6 address keeps its brackets. Empty where it is neither. */
function hostName(authority: string): string {
  if (authority !== last.authority) last = { authority, name: readHostName(authority) };
  return last.name;
}

function readHostName(authority: string): string {
  return (/^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(authority)?.[1] ?? "").toLowerCase();
}
