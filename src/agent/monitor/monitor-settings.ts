import type { BackoffPolicy } from "../../core/backoff.ts";

/** What an operator may set about watching; times in milliseconds. */
export interface MonitorSettings {
  /** Between two full looks at the engine; events tell of changes in between. Spread by a tenth. */
  readonly intervalMs: number;
  /** More than `flapThreshold` exits within `flapWindowMs` are flapping; a window without one ends it. */
  readonly flapWindowMs: number;
  readonly flapThreshold: number;
  /** How long the same alert of the same component is kept back after it was sent. */
  readonly cooldownMs: number;
  /** Events that are older are deleted. */
  readonly retentionMs: number;
  /** The program and its arguments, without a shell; empty: no alerts are sent. */
  readonly alertCommand: readonly string[];
  readonly alertTimeoutMs: number;
}

export const MONITOR_DEFAULTS: MonitorSettings = {
  intervalMs: 30_000,
  flapWindowMs: 10 * 60_000,
  flapThreshold: 3,
  cooldownMs: 15 * 60_000,
  retentionMs: 30 * 24 * 3_600_000,
  alertCommand: [],
  alertTimeoutMs: 10_000,
};

/** What nobody needs to set; measured facts and the limits of this machine's patience. */
export const WATCH_LIMITS = {
  /** Events of one container within this time are one look. */
  debounceMs: 100,
  /** How often known processes are looked at, and what is due is begun. */
  tickMs: 1000,
  /** A list takes the lock of every container, so one that hangs holds it up for ever (podman 4.3.1). */
  listDeadlineMs: 5000,
  inspectDeadlineMs: 2000,
  inspectsAtOnce: 8,
  /** How many containers are looked at whole in each resync, whether the list says that they changed or not. */
  deepPerResync: 50,
  probesAtOnce: 16,
  healsAtOnce: 4,
  /** What has run so long begins again at once when it exits. */
  stableAfterMs: 60_000,
  pruneEveryMs: 3_600_000,
  /** Alerts that wait for the command; the oldest gives way. */
  alertsWaiting: 100,
  /** What could not be written to the registry yet; the oldest gives way. */
  unwrittenEvents: 10_000,
} as const;

/** Starts of what exits at once: 0, 1, 2, 4 … seconds apart; at most seven in the first minute. */
export const RESTART_BACKOFF: BackoffPolicy = { firstMs: 1000, maxMs: 60_000 };
export const FLAPPING_BACKOFF: BackoffPolicy = { firstMs: 1000, maxMs: 5 * 60_000 };
export const RECONNECT_BACKOFF: BackoffPolicy = { firstMs: 500, maxMs: 15_000 };
