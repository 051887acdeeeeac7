export type Buffered<T> = { readonly events: readonly T[]; readonly skipped: number };

/** Events that wait for one reader: a bounded number, and for the rest only how many they were. */
export class EventBuffer<T> {
  readonly #limit: number;
  #events: T[] = [];
  #skipped = 0;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The oldest are kept: what a reader has missed lies behind what it has, and is told in its place. */
  readonly event = (event: T): void => {
    if (this.#events.length < this.#limit) this.#events.push(event);
    else this.#skipped += 1;
    this.#wake?.();
  };

  readonly skipped = (count: number): void => {
    this.#skipped += count;
    this.#wake?.();
  };

  /** What waits; empty after `timeoutMs` without anything, or when `signal` is aborted. For one reader at a time. */
  async take(timeoutMs: number, signal: AbortSignal): Promise<Buffered<T>> {
    if (this.#events.length === 0 && this.#skipped === 0 && !signal.aborted) await this.#something(timeoutMs, signal);
    const taken = { events: this.#events, skipped: this.#skipped };
    this.#events = [];
    this.#skipped = 0;
    return taken;
  }

  #something(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}
