import { AppError } from "../../core/app-error.ts";
import { type CallCount, decideRate } from "../rate/call-limit.ts";

export interface GuessLimitOptions {
  /** Credentials that open nothing, a minute. */
  readonly perMinute: number;
  /** Addresses that are counted; beyond them the one that failed longest ago is forgotten. */
  readonly maxAddresses: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
}

/**
 * Keeps a client that guesses at credentials from being heard by mcpd, which knows all clients of a bare gateway by one
 * address: were it left to count them, one that guesses would shut all others out.
 */
export class GuessLimit {
  readonly #options: GuessLimitOptions;
  /** In the order of their last failure. */
  readonly #failures = new Map<string, CallCount>();

  constructor(options: GuessLimitOptions) {
    this.#options = options;
  }

  /** Does `look`; finding nothing counts. Throws `exhausted`/`CREDENTIAL_GUESSES_EXHAUSTED`, without a look, where this address has failed too often. */
  async guard<T>(address: string | undefined, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = address ?? "";
    const before = this.#decide(key);
    if (!before.allowed) {
      throw new AppError("exhausted", "CREDENTIAL_GUESSES_EXHAUSTED", "Too many credentials that open nothing came from here", {
        retryAfterSeconds: before.retryAfterS,
      });
    }
    const found = await look();
    if (found === undefined) this.#count(key);
    return found;
  }

  #decide(key: string) {
    const { perMinute, monotonicNow } = this.#options;
    return decideRate(this.#failures.get(key), perMinute, monotonicNow());
  }

  #count(key: string): void {
    const verdict = this.#decide(key);
    if (!verdict.allowed) return;
    this.#failures.delete(key);
    this.#failures.set(key, verdict.count);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > this.#options.maxAddresses && oldest !== undefined) this.#failures.delete(oldest);
  }
}
