import { backoffMs } from "../../core/backoff.ts";
import type { Runtime, RuntimeEvent } from "../../runtime/runtime.ts";
import { RECONNECT_BACKOFF } from "./monitor-settings.ts";
import { type Timing, waitWith } from "./timing.ts";

export interface EventReaderOptions {
  readonly runtime: Pick<Runtime, "events">;
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  /** Of each event, once. */
  readonly onEvent: (event: RuntimeEvent) => void;
  /** The stream broke off: what happened meanwhile is in nobody's hands until the next full look. */
  readonly onGap: (reason: unknown) => void;
}

/** An engine tells events late, and of one second in any order. */
const OVERLAP_MS = 5000;
/** Events that are remembered so that the overlap tells nothing twice. */
const REMEMBERED = 1000;

/**
 * Reads the engine's events for as long as it lives, and comes back with a back-off where the stream breaks. An event is a
 * hint and no more: what is so, the engine is asked for.
 *
 * created → start() → reading ⇄ waiting → stop() → over
 */
export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #stopping = new AbortController();
  readonly #seen = new Set<string>();
  #stream = new AbortController();
  /** Of the event that came last. */
  #lastAt: Date;
  #heardAt: number;
  #reading: Promise<void> | undefined;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#heardAt = options.timing.monotonicMs();
    this.#lastAt = options.timing.now();
  }

  /** Since when nothing was heard: monotonic. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Subscribes at once; events from here on are not missed. */
  start(): void {
    this.#reading ??= this.#read();
  }

  /** A stream may have died without a word: takes another. */
  reopen(): void {
    this.#heardAt = this.#options.timing.monotonicMs();
    this.#stream.abort();
  }

  /** Nothing is open when it resolves. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#stream.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; ) {
      this.#stream = new AbortController();
      const heardBefore = this.#heardAt;
      const broken = await this.#readOne(this.#stream.signal);
      if (signal.aborted) return;
      if (broken === undefined) {
        attempt = 0;
        continue;
      }
      attempt = this.#heardAt === heardBefore ? attempt + 1 : 1;
      this.#options.onGap(broken);
      await waitWith(this.#options.timing, backoffMs(RECONNECT_BACKOFF, attempt, this.#options.random()), signal);
    }
  }

  /** Undefined: it was left on purpose. */
  async #readOne(signal: AbortSignal): Promise<unknown> {
    // From the beginning on: what happens while a stream is being opened is not told in it.
    const since = new Date(this.#lastAt.getTime() - OVERLAP_MS);
    try {
      for await (const event of this.#options.runtime.events({ since, signal })) this.#take(event);
      return signal.aborted ? undefined : new Error("the stream of events ended");
    } catch (thrown) {
      return signal.aborted ? undefined : thrown;
    }
  }

  #take(event: RuntimeEvent): void {
    this.#heardAt = this.#options.timing.monotonicMs();
    const key = `${event.at.getTime()} ${event.containerId} ${event.action}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (this.#seen.size > REMEMBERED) for (const oldest of this.#seen.values().take(1)) this.#seen.delete(oldest);
    this.#lastAt = event.at;
    this.#options.onEvent(event);
  }
}
