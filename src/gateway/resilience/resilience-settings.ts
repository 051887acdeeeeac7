import { CATALOG_LIMITS, type CatalogLimits } from "../catalog/server-catalog.ts";
import { BREAKER_SETTINGS, type BreakerSettings } from "./breaker.ts";
import { RETRY_SETTINGS, type RetrySettings } from "./decide-retry.ts";

export interface ProbeSettings {
  /** How long a server may go without a call that succeeds until it is asked; undefined: it is not asked. */
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number;
  /** Probes that fail in a row until calls are refused. */
  readonly failures: number;
  /** Probes under way at the same time, to all servers; with 0 there are none, whatever a server's policy says. */
  readonly maxAtOnce: number;
}

/** How the gateway keeps the failures of one server from its callers and from the others; each server's own policy goes before it. */
export interface ResilienceSettings {
  /** How long a server may say nothing during a call. */
  readonly idleMs: number;
  /** Calls of clients in flight at one server. */
  readonly concurrency: number;
  /** Undefined: calls are never refused for those that failed. */
  readonly breaker: BreakerSettings | undefined;
  readonly retries: RetrySettings;
  readonly probe: ProbeSettings;
  readonly catalog: CatalogLimits;
  /** How often servers are looked at: whether a probe is due, whether a state has changed. */
  readonly watchMs: number;
}

export const RESILIENCE_SETTINGS: ResilienceSettings = {
  // As long as any call could take before a silent server was told from a busy one: tools that take minutes and say nothing are common.
  idleMs: 300_000,
  concurrency: 256,
  breaker: BREAKER_SETTINGS,
  retries: RETRY_SETTINGS,
  probe: { intervalMs: 30_000, timeoutMs: 10_000, failures: 3, maxAtOnce: 8 },
  catalog: CATALOG_LIMITS,
  watchMs: 1000,
};

/** What holds for the calls to one server. */
export interface CallLimits {
  readonly idleMs: number;
  readonly totalMs: number;
  readonly concurrency: number;
  readonly breaker: BreakerSettings | undefined;
  readonly retries: RetrySettings;
  readonly probeIntervalMs: number | undefined;
}

/** What a server may say of itself in its policy. */
export interface ResiliencePolicy {
  readonly timeouts?: { readonly idleSeconds?: number | undefined; readonly totalSeconds?: number | undefined } | undefined;
  readonly concurrency?: number | undefined;
  readonly probe?: { readonly intervalSeconds: number } | "off" | undefined;
}

/** The limits of a server: its own policy's, else the installation's. */
export function limitsOf(
  server: { readonly handle: string; readonly policy?: ResiliencePolicy | null | undefined },
  settings: ResilienceSettings,
  totalMs: number,
): CallLimits {
  const { timeouts, concurrency, probe } = server.policy ?? {};
  return {
    idleMs: ms(timeouts?.idleSeconds) ?? settings.idleMs,
    totalMs: ms(timeouts?.totalSeconds) ?? totalMs,
    concurrency: concurrency ?? settings.concurrency,
    breaker: settings.breaker,
    retries: settings.retries,
    probeIntervalMs: probe === "off" ? undefined : (ms(probe?.intervalSeconds) ?? settings.probe.intervalMs),
  };
}

function ms(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
