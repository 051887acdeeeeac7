export type RateVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Whole seconds, at least 1. */
      readonly retryAfterS: number;
      /** It could not be counted, and is refused for that. */
      readonly undecided?: true;
    };

export const PASS: RateVerdict = { allowed: true };

/**
 * Counts calls by key, and says which are too many within a minute of the first. Every adapter passes
 * `call-limiter.contract.ts`.
 */
export interface CallLimiter {
  /** Counts a call; of those that share a key `perMinute` (at least 1) pass. Rejects where it cannot count. */
  take(key: string, perMinute: number): RateVerdict | Promise<RateVerdict>;
}
