import { waitOrAbort } from "../../core/cancelable-wait.ts";

/** Counts the calls that a server carries out, so that it can be taken away when the last one is over. */
export class CallsInFlight {
  #now = 0;
  #onIdle: (() => void) | undefined;

  get now(): number {
    return this.#now;
  }

  enter(): void {
    this.#now += 1;
  }

  leave(): void {
    this.#now -= 1;
    if (this.#now === 0) this.#onIdle?.();
  }

  /** Resolves when there are none, after `limitMs` in any case, or at once when `signal` is aborted. One at a time may wait. */
  async idle(limitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#now === 0) return;
    const over = new AbortController();
    this.#onIdle = () => over.abort();
    await waitOrAbort(limitMs, AbortSignal.any([signal, over.signal]));
  }
}
