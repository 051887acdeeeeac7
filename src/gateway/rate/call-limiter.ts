import { type CallCount, decideRate } from "./call-limit.ts";

export interface CallLimiterOptions {
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** Pairs of identity and server that are counted; beyond them the one counted longest ago is forgotten. */
  readonly maxCounts: number;
}

/** Counts the calls of each identity to each server with a limit, in this process. */
export class CallLimiter {
  readonly #options: CallLimiterOptions;
  readonly #counts = new Map<string, CallCount>();

  constructor(options: CallLimiterOptions) {
    this.#options = options;
  }

  /** Counts a call. Seconds to wait where it is one too many. */
  take(identity: string, handle: string, perMinute: number): number | undefined {
    const key = `${handle}\n${identity}`;
    const verdict = decideRate(this.#counts.get(key), perMinute, this.#options.monotonicNow());
    if (!verdict.allowed) return verdict.retryAfterS;
    this.#counts.delete(key);
    this.#counts.set(key, verdict.count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > this.#options.maxCounts && oldest !== undefined) this.#counts.delete(oldest);
    return undefined;
  }
}
