import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { Clock } from "../../core/clock.ts";

export interface RetentionDeps {
  readonly clock: Clock;
  /** Takes away what is older than each instant; must end soon after `signal` is aborted. */
  readonly pruneAudit: (before: Date, signal: AbortSignal) => Promise<unknown>;
  readonly pruneFeed: (before: Date) => Promise<unknown>;
  readonly onFailure: (thrown: unknown) => void;
}

export interface RetentionOptions {
  readonly auditMs: number;
  readonly feedMs: number;
  readonly everyMs: number;
  /** How long after the start the first run is: soon, or a process that is often restarted would never prune. */
  readonly firstMs: number;
}

const HOUR_MS = 3_600_000;

/** Audit events are kept for 90 days, the entries of the change feed for an hour. */
export const RETENTION: RetentionOptions = { auditMs: 90 * 24 * HOUR_MS, feedMs: HOUR_MS, everyMs: HOUR_MS, firstMs: 60_000 };

/** Prunes soon after the start and then once an hour. The answer stops it, and resolves when nothing runs any more. */
export function startRetention(deps: RetentionDeps, options: Partial<RetentionOptions> = {}): () => Promise<void> {
  const { auditMs, feedMs, everyMs, firstMs } = { ...RETENTION, ...options };
  const stop = new AbortController();
  const before = (ms: number) => new Date(deps.clock.now().getTime() - ms);
  const run = async () => {
    for (let waitMs = firstMs; ; waitMs = everyMs) {
      await waitOrAbort(waitMs, stop.signal);
      if (stop.signal.aborted) return;
      await deps.pruneAudit(before(auditMs), stop.signal).catch(deps.onFailure);
      await deps.pruneFeed(before(feedMs)).catch(deps.onFailure);
    }
  };
  const running = run();
  return async () => {
    stop.abort();
    await running;
  };
}
