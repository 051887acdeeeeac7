import { type AppError, toAppError } from "../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../core/backoff.ts";
import { waitOrAbort } from "../core/cancelable-wait.ts";

const RETRY: BackoffPolicy = { firstMs: 250, maxMs: 5000 };

export interface UntilAnsweredOptions {
  readonly signal: AbortSignal;
  /** What no further try changes. */
  readonly isFinal: (error: AppError) => boolean;
  /** Why it failed, where that is not what it was the time before. */
  readonly onFailure: (error: AppError) => void;
}

/** Tries until it succeeds. Undefined where `signal` is aborted first; throws a failure that is final. */
export async function untilAnswered<T>(attempt: () => Promise<T>, options: UntilAnsweredOptions): Promise<T | undefined> {
  const { signal, isFinal, onFailure } = options;
  let told = "";
  for (let tries = 0; !signal.aborted; tries += 1) {
    await waitOrAbort(backoffMs(RETRY, tries, Math.random()), signal);
    if (signal.aborted) return undefined;
    try {
      return await attempt();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (isFinal(error)) throw error;
      if (error.message !== told) onFailure(error);
      told = error.message;
    }
  }
  return undefined;
}
