import { CallLimit } from "./engine-http/call-limit.ts";

/** One at a time for each name. A name's entry goes when nobody holds or awaits it. */
export class NameLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Names that are held or awaited. */
  get size(): number {
    return this.#tails.size;
  }

  /**
   * Runs it when it has all of these names. Waits at most `timeoutMs` for them, and then throws `deadline`/`RUNTIME_TIMEOUT`:
   * nothing has been done.
   */
  async run<T>(
    names: readonly string[],
    options: { readonly what: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
    act: () => Promise<T>,
  ): Promise<T> {
    const free = Promise.withResolvers<void>();
    // In one go and so in the same order for everybody: two who want two names never wait for each other.
    const before = names.map((name) => this.#queue(name, free.promise));
    try {
      await within(Promise.all(before), options);
      return await act();
    } finally {
      // Whoever gives up still stands in the queue until those before are done.
      void Promise.all(before).then(() => free.resolve());
    }
  }

  #queue(name: string, mine: Promise<void>): Promise<void> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const tail = before.then(() => mine);
    this.#tails.set(name, tail);
    void tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    });
    return before;
  }
}

function within(
  wait: Promise<unknown>,
  options: { readonly what: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const limit = new CallLimit(options);
  return new Promise<void>((resolve, reject) => {
    limit.whenOver(reject);
    wait.then(() => resolve(), reject);
  }).finally(() => limit.release());
}
