/** How long calls are counted together, in ms. */
export const WINDOW_MS = 60_000;

/** The calls that share a key since the first of them; they are forgotten together when the window is over. */
export interface CallCount {
  readonly since: number;
  readonly calls: number;
}

export type RateDecision =
  | { readonly allowed: true; readonly count: CallCount }
  /** Whole seconds until the next window may begin, at least 1. */
  | { readonly allowed: false; readonly retryAfterS: number };

/**
 * Whether one more call fits into `limit`. A refused call is not counted. A window begins with its first call, so that
 * of a burst exactly `limit` calls pass, whenever it comes.
 */
export function decideRate(before: CallCount | undefined, limit: number, nowMs: number, windowMs = WINDOW_MS): RateDecision {
  if (before === undefined || nowMs - before.since >= windowMs) return { allowed: true, count: { since: nowMs, calls: 1 } };
  if (before.calls < limit) return { allowed: true, count: { since: before.since, calls: before.calls + 1 } };
  return { allowed: false, retryAfterS: Math.max(1, Math.ceil((before.since + windowMs - nowMs) / 1000)) };
}
