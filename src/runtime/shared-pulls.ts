import type { PullOptions } from "./runtime.ts";
import { runtimeCanceled } from "./runtime-errors.ts";

interface SharedPull {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  readonly listeners: Set<(line: string) => void>;
  waiting: number;
}

/** Several who want one image at the same time share one pull. It is given up when the last of them is aborted. */
export class SharedPulls {
  readonly #pull: (image: string, options: PullOptions) => Promise<void>;
  readonly #running = new Map<string, SharedPull>();

  constructor(pull: (image: string, options: PullOptions) => Promise<void>) {
    this.#pull = pull;
  }

  async pull(image: string, { onProgress, signal }: PullOptions = {}): Promise<void> {
    if (signal?.aborted) throw runtimeCanceled(signal);
    const shared = this.#running.get(image) ?? this.#begin(image);
    shared.waiting += 1;
    if (onProgress !== undefined) shared.listeners.add(onProgress);
    try {
      await orAborted(shared.done, signal);
    } finally {
      if (onProgress !== undefined) shared.listeners.delete(onProgress);
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        // Who comes after the last one has gone begins anew.
        if (this.#running.get(image) === shared) this.#running.delete(image);
        shared.abort.abort();
      }
    }
  }

  #begin(image: string): SharedPull {
    const abort = new AbortController();
    const listeners = new Set<(line: string) => void>();
    const onProgress = (line: string) => {
      for (const listener of listeners) listener(line);
    };
    const done = this.#pull(image, { onProgress, signal: abort.signal }).finally(() => {
      if (this.#running.get(image) === shared) this.#running.delete(image);
    });
    // Whoever waits gets the failure; when nobody does any more it is of no interest.
    done.catch(() => {});
    const shared: SharedPull = { done, abort, listeners, waiting: 0 };
    this.#running.set(image, shared);
    return shared;
  }
}

function orAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wait;
  return new Promise((resolve, reject) => {
    const abort = () => reject(runtimeCanceled(signal));
    signal.addEventListener("abort", abort);
    wait.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
