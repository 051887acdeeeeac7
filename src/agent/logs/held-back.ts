import { waitOrAbort } from "../../core/cancelable-wait.ts";

export interface HeldBackOptions {
  /** What waits for a slow reader at most; one chunk alone may be larger. */
  readonly maxBytes: number;
  /** How long a reader that has fallen behind holds the source back, until the oldest is dropped. */
  readonly patienceMs: number;
}

interface Chunk {
  readonly data: Uint8Array;
}

export type Kept<T> = T & { /** Bytes before these that were dropped. */ readonly droppedBytes: number };

/**
 * What `source` gives, at the reader's own pace. A reader that stands still holds the source back for a while and then
 * loses the oldest, and is told how much: memory stays bounded, and the source goes on. `source` is to end by itself once
 * nobody reads any more.
 */
export async function* heldBack<T extends Chunk>(source: AsyncIterable<T>, options: HeldBackOptions): AsyncGenerator<Kept<T>> {
  const queue = new LossyQueue<T>(options);
  void queue.fill(source);
  try {
    for (let next = await queue.take(); next !== undefined; next = await queue.take()) yield next;
  } finally {
    queue.close();
  }
}

class LossyQueue<T extends Chunk> {
  readonly #options: HeldBackOptions;
  readonly #chunks: T[] = [];
  #bytes = 0;
  #dropped = 0;
  #closed = false;
  #end: { readonly thrown?: unknown } | undefined;
  #filled: (() => void) | undefined;
  #emptied: (() => void) | undefined;

  constructor(options: HeldBackOptions) {
    this.#options = options;
  }

  /** Never rejects: what the source throws is for the reader, after what came before it. */
  async fill(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const chunk of source) {
        await this.#put(chunk);
        if (this.#closed) break;
      }
      this.#end = {};
    } catch (thrown) {
      this.#end = { thrown };
    }
    this.#filled?.();
  }

  async take(): Promise<Kept<T> | undefined> {
    while (this.#chunks.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#filled = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      if (this.#end !== undefined && "thrown" in this.#end) throw this.#end.thrown;
      return undefined;
    }
    const droppedBytes = this.#dropped;
    this.#bytes -= chunk.data.length;
    this.#dropped = 0;
    this.#emptied?.();
    return { ...chunk, droppedBytes };
  }

  close(): void {
    this.#closed = true;
    this.#emptied?.();
  }

  async #put(chunk: T): Promise<void> {
    const isFull = () => this.#bytes > 0 && this.#bytes + chunk.data.length > this.#options.maxBytes;
    while (isFull() && !this.#closed) if (!(await this.#takenInTime())) this.#dropOldest();
    this.#chunks.push(chunk);
    this.#bytes += chunk.data.length;
    this.#filled?.();
  }

  async #takenInTime(): Promise<boolean> {
    const taken = new AbortController();
    this.#emptied = () => taken.abort();
    await waitOrAbort(this.#options.patienceMs, taken.signal);
    this.#emptied = undefined;
    return taken.signal.aborted;
  }

  #dropOldest(): void {
    const oldest = this.#chunks.shift();
    this.#bytes -= oldest?.data.length ?? 0;
    this.#dropped += oldest?.data.length ?? 0;
  }
}
