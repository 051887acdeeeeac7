/** How often calls are counted anew, in ms. */
export const WINDOW_MS = 60_000;

/** The calls of one identity to one server in a window of time. Windows begin at multiples of `WINDOW_MS`, for all alike. */
export interface CallCount {
  readonly window: number;
  readonly calls: number;
}

export type RateVerdict =
  | { readonly allowed: true; readonly count: CallCount }
  /** Whole seconds until the next window, at least 1. */
  | { readonly allowed: false; readonly retryAfterS: number };

/** Whether one more call fits into `perMinute`. A refused call is not counted. */
export function decideRate(before: CallCount | undefined, perMinute: number, nowMs: number): RateVerdict {
  const window = Math.floor(nowMs / WINDOW_MS);
  const calls = before?.window === window ? before.calls : 0;
  if (calls < perMinute) return { allowed: true, count: { window, calls: calls + 1 } };
  return { allowed: false, retryAfterS: Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - nowMs) / 1000)) };
}
