import type { OpenStream } from "../stream/event-sink.ts";
import { EventStream } from "../stream/event-stream.ts";
import type { SharedRoom } from "../stream/shared-room.ts";
import type { StreamSettings } from "../stream/stream-settings.ts";

/** What all streams of a gateway share. */
export interface StreamContext {
  /** The id of this process, with which the ids of its events begin. */
  readonly self: string;
  readonly settings: StreamSettings;
  readonly room: SharedRoom;
}

export interface CallStreamOptions {
  /** Nobody reads the stream any more, and nobody will. */
  readonly onLeft: () => void;
  /** The stream was open for as long as one may be, and cannot be resumed. */
  readonly onTimeUp: () => void;
}

/** Messages that wait for the next stream outside of calls. */
const MAX_WAITING = 64;
const MAX_WAITING_CHARS = 64 * 1024;
/** Streams that one session has open outside of calls. */
const MAX_GENERAL = 8;
/** Streams of calls that are over, kept for a client that did not read to the end. */
const MAX_FINISHED = 32;

/** `<process>.<kind><stream>.<event>`; a stream outside of calls is `g`, one of a call `c`. */
const EVENT_ID = /^([0-9A-Za-z]{8})\.([gc])(\d{1,9})\.(\d{1,9})$/;

/** The streams of one session: those of its calls, and those that its client opens by GET. */
export class SessionStreams {
  readonly #context: StreamContext;
  readonly #resumable: boolean;
  /** Hears when the first stream outside of calls opens, and when the last one is left. */
  readonly #onListening: () => void;
  readonly #general = new Map<number, EventStream>();
  readonly #calls = new Map<number, EventStream>();
  #waiting: string[] = [];
  #last = 0;

  constructor(context: StreamContext, resumable: boolean, onListening: () => void) {
    this.#context = context;
    this.#resumable = resumable;
    this.#onListening = onListening;
  }

  /** The client reads a stream outside of calls, or may come back to one at any moment. */
  get listens(): boolean {
    return this.#general.size > 0;
  }

  /** How many of them somebody reads now. */
  get general(): number {
    return [...this.#general.values()].filter(({ isRead }) => isRead).length;
  }

  /** A stream outside of calls. What was said while there was none comes first. */
  readonly openGeneral: OpenStream = (sink) => {
    const number = this.#nextNumber();
    const onLeft = () => this.#general.delete(number) && this.#general.size === 0 && this.#onListening();
    const stream = this.#make("g", number, { onLeft });
    this.#general.set(number, stream);
    const reading = stream.open(sink);
    this.#flush(stream);
    if (this.#general.size === 1) this.#onListening();
    const [oldest] = this.#general.values();
    if (this.#general.size > MAX_GENERAL) oldest?.close();
    return reading;
  };

  /** The stream of a call. */
  openForCall({ onLeft, onTimeUp }: CallStreamOptions): EventStream {
    const number = this.#nextNumber();
    const stream = this.#make("c", number, {
      onLeft: () => {
        this.#calls.delete(number);
        onLeft();
      },
      onTimeUp,
    });
    this.#calls.set(number, stream);
    this.#forgetFinished();
    return stream;
  }

  /**
   * Takes up the stream behind this event: a function that opens it, `nothing left` where it is over and was read, or
   * undefined where it is not here, or not any more. Outside of calls a new stream takes the place of one that is gone.
   */
  resume(lastEventId: string): OpenStream | "nothing left" | undefined {
    const [, self, kind, number, sequence] = EVENT_ID.exec(lastEventId) ?? [];
    if (!this.#resumable || kind === undefined) return undefined;
    if (kind === "c") return self === this.#context.self ? this.#calls.get(Number(number))?.resume(Number(sequence)) : undefined;
    const stream = self === this.#context.self ? this.#general.get(Number(number)) : undefined;
    const open = stream?.resume(Number(sequence));
    if (stream === undefined || typeof open !== "function") return this.openGeneral;
    return (sink) => {
      const reading = open(sink);
      this.#flush(stream);
      return reading;
    };
  }

  /** Tells the client on one of its streams outside of calls, or on the next one: a message goes out once, says the specification. */
  push(message: string): void {
    const open = [...this.#general.values()].find(({ isRead }) => isRead);
    if (open !== undefined) open.say(message);
    else this.#keep(message);
  }

  /** The same word twice, such as that a list changed, tells a client nothing that once does not. */
  #keep(message: string): void {
    if (this.#waiting.includes(message)) return;
    this.#waiting.push(message);
    let chars = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    while (this.#waiting.length > MAX_WAITING || chars > MAX_WAITING_CHARS) chars -= this.#waiting.shift()?.length ?? 0;
  }

  /** Ends those outside of calls; none of them can be taken up again. */
  endGeneral(): void {
    for (const stream of [...this.#general.values()]) stream.close();
  }

  close(): void {
    this.endGeneral();
    for (const stream of [...this.#calls.values()]) stream.close();
    this.#waiting = [];
  }

  #flush(stream: EventStream): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) stream.say(message);
  }

  #make(kind: "g" | "c", number: number, options: Partial<CallStreamOptions> & Pick<CallStreamOptions, "onLeft">): EventStream {
    const { self, settings, room } = this.#context;
    return new EventStream({ ...options, idPrefix: this.#resumable ? `${self}.${kind}${number}.` : undefined, settings, room });
  }

  #forgetFinished(): void {
    const finished = [...this.#calls.values()].filter((stream) => stream.isFinished && !stream.isRead);
    for (const stream of finished.slice(0, Math.max(0, finished.length - MAX_FINISHED))) stream.close();
  }

  #nextNumber(): number {
    this.#last += 1;
    return this.#last;
  }
}
