import { type CallCount, decideRate, WINDOW_MS } from "./call-limit.ts";
import { type CallLimiter, PASS, type RateVerdict } from "./call-limiter.ts";

export interface MemoryCallLimiterOptions {
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** Keys that are counted; beyond them the one counted longest ago is forgotten. */
  readonly maxCounts: number;
  readonly windowMs?: number;
}

const MAX_COUNTS = 100_000;

/** The limiter of a gateway that shares its counts with no other. */
export function memoryCallLimiter(monotonicNow: () => number): CallLimiter {
  return new MemoryCallLimiter({ monotonicNow, maxCounts: MAX_COUNTS });
}

/** Counts in this process. It always decides, and at once. */
export class MemoryCallLimiter implements CallLimiter {
  readonly #options: MemoryCallLimiterOptions;
  readonly #counts = new Map<string, CallCount>();

  constructor(options: MemoryCallLimiterOptions) {
    this.#options = options;
  }

  take(key: string, perMinute: number): RateVerdict {
    const { monotonicNow, maxCounts, windowMs = WINDOW_MS } = this.#options;
    const decision = decideRate(this.#counts.get(key), perMinute, monotonicNow(), windowMs);
    if (!decision.allowed) return decision;
    this.#counts.delete(key);
    this.#counts.set(key, decision.count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > maxCounts && oldest !== undefined) this.#counts.delete(oldest);
    return PASS;
  }
}
