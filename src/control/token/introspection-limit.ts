import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";

/** Guesses at credentials that one key may make a minute. */
export const GUESSES_PER_MINUTE = 30;

const MINUTE_MS = 60_000;
const MAX_KEYS = 10_000;

/** Failures of one key at a moment; they drain away evenly. */
export interface Failures {
  readonly level: number;
  readonly atMs: number;
}

export type GuessDecision = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterSeconds: number };

/** Whether there is room for one more failure. */
export function decideGuess(failures: Failures | undefined, nowMs: number, perMinute: number): GuessDecision {
  const excess = drained(failures, nowMs, perMinute) + 1 - perMinute;
  // What is left by rounding is no excess.
  if (excess <= 1e-9) return { allowed: true };
  return { allowed: false, retryAfterSeconds: Math.ceil((excess / perMinute) * 60) };
}

/** The failures with one more. A burst of guesses at one moment counts no more than a minute's. */
export function addFailure(failures: Failures | undefined, nowMs: number, perMinute: number): Failures {
  return { level: Math.min(perMinute, drained(failures, nowMs, perMinute) + 1), atMs: nowMs };
}

function drained(failures: Failures | undefined, nowMs: number, perMinute: number): number {
  if (failures === undefined) return 0;
  const elapsedMs = Math.max(0, nowMs - failures.atMs);
  return Math.max(0, failures.level - (elapsedMs / MINUTE_MS) * perMinute);
}

/** Keeps those who guess at credentials slow. */
export interface IntrospectionLimit {
  /**
   * Looks a credential up for `key`: the address of a client, or an enrolled gateway with it. Finding nothing counts as a
   * failure; finding something takes none back, for others may share the key.
   *
   * Throws `exhausted`/`CREDENTIAL_GUESSES_EXHAUSTED`, without a look, where the key has failed too often.
   */
  guard<T>(key: string, look: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** The limit in this process's memory. Of more than 10,000 keys at a time the one that failed longest ago is forgotten. */
export function introspectionLimit(clock: Clock, perMinute: number = GUESSES_PER_MINUTE, maxKeys: number = MAX_KEYS): IntrospectionLimit {
  // In the order of their last failure.
  const known = new Map<string, Failures>();
  const count = (key: string) => {
    const counted = addFailure(known.get(key), clock.now().getTime(), perMinute);
    known.delete(key);
    known.set(key, counted);
    const [oldest] = known.keys();
    if (known.size > maxKeys && oldest !== undefined) known.delete(oldest);
  };
  return {
    async guard(key, look) {
      const decision = decideGuess(known.get(key), clock.now().getTime(), perMinute);
      if (!decision.allowed) {
        throw new AppError("exhausted", "CREDENTIAL_GUESSES_EXHAUSTED", "Too many credentials that open nothing came from here", {
          hint: `send a valid one in ${decision.retryAfterSeconds} s`,
          retryAfterSeconds: decision.retryAfterSeconds,
        });
      }
      const found = await look();
      if (found === undefined) count(key);
      return found;
    },
  };
}
