import { type AppError, toAppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";

export interface RepeatedReadingOptions {
  /** Reads and takes what it has read. */
  readonly read: () => Promise<void>;
  /** Requests that come within this time share one reading, in ms. */
  readonly gatherMs: number;
  readonly retry: BackoffPolicy;
  readonly onFailure: (error: AppError) => void;
}

/**
 * Reads when it is asked to, one reading at a time. What is asked for during a reading is read after it, so that the
 * last change is never missed; a reading that fails is tried again until one succeeds.
 */
export class RepeatedReading {
  readonly #options: RepeatedReadingOptions;
  readonly #closing = new AbortController();
  #wanted = false;
  #running = false;

  constructor(options: RepeatedReadingOptions) {
    this.#options = options;
  }

  /** Never waits. */
  request(): void {
    this.#wanted = true;
    if (!this.#running) void this.#run();
  }

  /** No reading begins after this, and one that is under way is not waited for. */
  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { gatherMs, retry } = this.#options;
    this.#running = true;
    for (let failures = 0; this.#wanted; ) {
      await waitOrAbort(failures === 0 ? gatherMs : backoffMs(retry, failures, Math.random()), signal);
      if (signal.aborted) break;
      this.#wanted = false;
      failures = (await this.#succeeds()) ? 0 : failures + 1;
      if (failures > 0) this.#wanted = true;
    }
    this.#running = false;
  }

  async #succeeds(): Promise<boolean> {
    try {
      await this.#options.read();
      return true;
    } catch (thrown) {
      if (!this.#closing.signal.aborted) this.#options.onFailure(toAppError(thrown));
      return false;
    }
  }
}
