import type { CancelSignal } from "../../core/cancel-signal.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";

export interface ReadBudgetOptions {
  readonly bytesPerSecond: number;
  /** What a server may say at once when it has been quiet. */
  readonly burstBytes: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
}

/** More than any server has to say for long, and little enough to be no burden to the others. */
export const READ_BUDGET = { bytesPerSecond: 4 * 1024 * 1024, burstBytes: 16 * 1024 * 1024 } as const;

/** What a message costs beside its bytes: many small ones are more work than one large one. */
const MESSAGE_BYTES = 1024;

/**
 * How much one server may say beside its answers, over all that it is read from. When it has said more, nothing of it is
 * read for a while, so that the pipe or TCP holds it back; its answers wait with the rest, those of other servers do not.
 */
export class ReadBudget {
  readonly #options: ReadBudgetOptions;
  /** Below nothing where more was said than there was; what has come is taken in any case. */
  #left: number;
  #at: number;

  constructor(options: ReadBudgetOptions) {
    this.#options = options;
    this.#left = options.burstBytes;
    this.#at = options.monotonicNow();
  }

  spend(bytes: number, messages: number): void {
    this.#refill();
    this.#left -= bytes + messages * MESSAGE_BYTES;
  }

  /** For how long nothing is to be read, in ms; 0: the server may go on. */
  pauseMs(): number {
    if (this.#left >= 0) return 0;
    this.#refill();
    return Math.max(0, Math.ceil((-this.#left * 1000) / this.#options.bytesPerSecond));
  }

  /** Waits where the budget is used up, at most until `signal` is aborted; undefined where there is nothing to wait for. */
  pause(signal: CancelSignal): Promise<void> | undefined {
    return this.#left >= 0 ? undefined : this.#wait(signal);
  }

  async #wait(signal: CancelSignal): Promise<void> {
    for (let ms = this.pauseMs(); ms > 0 && !signal.aborted; ms = this.pauseMs()) await waitOrAbort(ms, signal);
  }

  #refill(): void {
    const { monotonicNow, bytesPerSecond, burstBytes } = this.#options;
    const now = monotonicNow();
    this.#left = Math.min(burstBytes, this.#left + ((now - this.#at) * bytesPerSecond) / 1000);
    this.#at = now;
  }
}
