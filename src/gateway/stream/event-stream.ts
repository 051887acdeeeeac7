import type { EventSink, Reading } from "./event-sink.ts";
import { KeptEvents } from "./kept-events.ts";
import type { SharedRoom } from "./shared-room.ts";
import type { StreamSettings } from "./stream-settings.ts";

export interface EventStreamOptions {
  /** What the ids of its events begin with, which makes it resumable; undefined: a reader that has gone does not come back. */
  readonly idPrefix: string | undefined;
  readonly settings: StreamSettings;
  readonly room: SharedRoom;
  /** Nobody reads it, and nobody will: it can be forgotten. Called once. */
  readonly onLeft: () => void;
  /** Its time is up and nobody could come back to it. Where nothing is given, it just ends. */
  readonly onTimeUp?: () => void;
}

/**
 * Messages on their way to one reader at a time.
 *
 * waiting (nobody has come yet: messages are kept) → read → broken off (its reader may come back until the grace is over)
 * → read … → left. One that is not resumable is left as soon as its reader has gone. Once it is finished there is no
 * next message; a reader that was away then may still fetch the last ones within the grace.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #kept: KeptEvents;
  /** What was said before the first reader came. */
  #waiting: string[] | undefined = [];
  /** Its first reader is sent away at once, to come back after this time. */
  #pollMs: number | undefined;
  #sequence = 0;
  #sink: EventSink | undefined;
  #finished = false;
  #left = false;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#kept = new KeptEvents(options.settings, options.room);
  }

  /** Somebody reads it now. */
  get isRead(): boolean {
    return this.#sink !== undefined;
  }

  /** Its last message was said. */
  get isFinished(): boolean {
    return this.#finished;
  }

  say(message: string): void {
    if (this.#finished || this.#left) return;
    if (this.#waiting === undefined) {
      this.#send(message);
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length > this.#options.settings.maxKeptMessages) this.#waiting.shift();
  }

  /** Says the last message and ends the stream. */
  finish(message: string): void {
    this.say(message);
    this.#finished = true;
    if (this.#sink !== undefined) this.#breakOff();
  }

  /** Ends it at once, with nothing more to fetch. */
  close(): void {
    this.#sink?.close();
    this.#leave();
  }

  /** Ends the reader's stream for now: it is to come back for the rest. Does nothing to one that cannot be resumed. */
  poll(retryMs = this.#options.settings.retryMs): void {
    if (this.#options.idPrefix === undefined || this.#finished) return;
    if (this.#waiting !== undefined) this.#pollMs = retryMs;
    if (this.#sink === undefined) return;
    this.#sink.send({ data: "", id: this.#idOf(this.#sequence), retryMs });
    this.#breakOff();
  }

  /** The first reader comes. */
  open(sink: EventSink): Reading {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#sink = sink;
    if (this.#options.idPrefix !== undefined) this.#sendPlace(sink, 0);
    for (const message of waiting) this.#send(message);
    if (this.#pollMs !== undefined) this.poll(this.#pollMs);
    return this.#readBy(sink);
  }

  /** A reader comes back, having seen the events up to this one; undefined where what it lacks is not kept any more. */
  resume(after: number): ((sink: EventSink) => Reading) | "nothing left" | undefined {
    if (this.#left || after > this.#sequence) return undefined;
    if (this.#finished && after === this.#sequence) return "nothing left";
    if (this.#finished && this.#kept.hasLost(this.#sequence)) return undefined;
    return (sink) => {
      clearTimeout(this.#grace);
      // It did not notice yet that its earlier connection is gone.
      this.#sink?.close();
      this.#sink = sink;
      this.#sendPlace(sink, after);
      for (const { sequence, data } of this.#kept.after(after)) sink.send({ data, id: this.#idOf(sequence) });
      return this.#readBy(sink);
    };
  }

  #send(message: string): void {
    this.#sequence += 1;
    if (this.#options.idPrefix !== undefined) this.#kept.add({ sequence: this.#sequence, data: message });
    this.#sink?.send({ data: message, id: this.#idOf(this.#sequence) });
  }

  /** An event without data that says where the reader is: it can come back from here on. */
  #sendPlace(sink: EventSink, sequence: number): void {
    sink.send({ data: "", id: this.#idOf(sequence), retryMs: this.#options.settings.retryMs });
  }

  #readBy(sink: EventSink): Reading {
    if (this.#finished) this.#breakOff();
    return { onGone: () => this.#sink === sink && this.#goneBy(), onTimeUp: () => this.#sink === sink && this.#timeUp() };
  }

  #goneBy(): void {
    this.#sink = undefined;
    this.#awaitReader();
  }

  #timeUp(): void {
    if (this.#options.idPrefix !== undefined) {
      this.poll();
      return;
    }
    this.#options.onTimeUp?.();
    if (!this.#finished) this.close();
  }

  #breakOff(): void {
    this.#sink?.close();
    this.#sink = undefined;
    this.#awaitReader();
  }

  #awaitReader(): void {
    if (this.#options.idPrefix === undefined) {
      this.#leave();
      return;
    }
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#leave(), this.#options.settings.graceMs);
    this.#grace.unref();
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#grace);
    this.#sink = undefined;
    this.#kept.clear();
    this.#options.onLeft();
  }

  #idOf(sequence: number): string | undefined {
    const { idPrefix } = this.#options;
    return idPrefix === undefined ? undefined : `${idPrefix}${sequence}`;
  }
}
