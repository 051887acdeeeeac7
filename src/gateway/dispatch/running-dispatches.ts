import { waitOrAbort } from "../../core/cancelable-wait.ts";

/** The dispatched calls that this process carries out now; those who began them may have gone. */
export class RunningDispatches {
  readonly #running = new Set<Promise<unknown>>();

  get size(): number {
    return this.#running.size;
  }

  /** Gives the promise back. */
  add<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Resolves when how each has ended is kept, after `limitMs` in any case. */
  async idle(limitMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    const over = new AbortController();
    void Promise.allSettled(this.#running).then(() => over.abort());
    await waitOrAbort(limitMs, over.signal);
  }
}
