/** Hands what is pushed to everyone who listens; each has a queue of its own. For tests: the queue has no bound. */
export class Feed<T> {
  readonly #readers = new Set<{ readonly queue: T[]; wake: () => void }>();
  #broken: Error | undefined;

  push(item: T): void {
    for (const reader of this.#readers) {
      reader.queue.push(item);
      reader.wake();
    }
  }

  /** Ends every reader with this error; those that come later read on. */
  break(error: Error): void {
    this.#broken = error;
    for (const reader of this.#readers) reader.wake();
    this.#readers.clear();
    this.#broken = undefined;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Listens from this call on, not from the first read on. Ends when `signal` is aborted or `isOver` is true. */
  read(first: readonly T[], signal: AbortSignal, isOver: () => boolean = () => false): AsyncIterableIterator<T> {
    const reader = { queue: [...first], wake: () => {}, broken: undefined as Error | undefined };
    const wake = () => {
      reader.broken ??= this.#broken;
      notify();
    };
    let notify = () => {};
    reader.wake = wake;
    this.#readers.add(reader);
    signal.addEventListener("abort", wake);
    const end = () => {
      this.#readers.delete(reader);
      signal.removeEventListener("abort", wake);
    };
    const next = async (): Promise<IteratorResult<T>> => {
      for (;;) {
        const item = reader.queue.shift();
        if (item !== undefined && !signal.aborted) return { done: false, value: item };
        if (reader.broken !== undefined) throw reader.broken;
        if (signal.aborted || isOver()) break;
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
      end();
      return { done: true, value: undefined };
    };
    return {
      next,
      return: async () => {
        end();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Lets every reader look again whether it is over. */
  nudge(): void {
    for (const reader of this.#readers) reader.wake();
  }
}
