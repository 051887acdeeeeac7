import type { Pulse } from "./guarded-upstream.ts";

export interface ProbeTiming {
  readonly now: number;
  /** How long a server may go without a call that succeeds; undefined: it is never probed. */
  readonly intervalMs: number | undefined;
  /** Of that, so much more or less: from 0.9 to 1.1, so that many servers are not probed together. */
  readonly jitter: number;
  /** When its last probe was over, or it was first seen. */
  readonly lastProbeAt: number;
}

/**
 * Whether a server is to be probed. Who keeps its connection tries by itself where there is none; a call that succeeds says
 * as much as a probe; and one that is not called any more is probed as soon as it may be, so that no client has to try.
 */
export function isProbeDue({ connection, lastSuccessAt, refusedUntil }: Pulse, timing: ProbeTiming): boolean {
  const { now, intervalMs, jitter, lastProbeAt } = timing;
  if (intervalMs === undefined || (connection !== "ready" && connection !== "degraded")) return false;
  if (refusedUntil !== undefined) return now >= refusedUntil;
  return now - Math.max(lastSuccessAt, lastProbeAt) >= intervalMs * jitter;
}
