import { encodeSseEvent } from "../../mcp/sse.ts";
import type { OpenStream, Reading } from "../stream/event-sink.ts";
import type { StreamSettings } from "../stream/stream-settings.ts";

export interface EventBodyOptions {
  readonly settings: Pick<StreamSettings, "heartbeatMs" | "maxMs" | "maxUnreadBytes" | "maxUnreadMessages">;
  /** A reader left too much unread, and was cut off. */
  readonly onCut: () => void;
}

/** The body of a response that is a stream of events, with a heartbeat and an end in time. */
export function eventBody(open: OpenStream, options: EventBodyOptions): ReadableStream<Uint8Array> {
  const body = new EventBody(options);
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => body.start(controller, open),
      pull: () => body.pull(),
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}

const encoder = new TextEncoder();

/**
 * What is not read yet is kept here, and nobody waits for it: a reader that does not read costs no more than the limits,
 * and is cut off then. What it left unread is let go at once.
 */
class EventBody {
  readonly #settings: EventBodyOptions["settings"];
  readonly #onCut: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #reading: Reading | undefined;
  #unread: string[] = [];
  #unreadBytes = 0;
  /** The reader wants more and there was nothing. */
  #wanted = false;
  #isOpen = true;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #limit: ReturnType<typeof setTimeout> | undefined;

  constructor({ settings, onCut }: EventBodyOptions) {
    this.#settings = settings;
    this.#onCut = onCut;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>, open: OpenStream): void {
    this.#controller = controller;
    const { heartbeatMs, maxMs } = this.#settings;
    this.#heartbeat = setInterval(() => this.#unread.length === 0 && this.#write(": alive\n\n"), heartbeatMs);
    this.#limit = setTimeout(() => this.#timeUp(), maxMs);
    this.#write(": open\n\n");
    this.#reading = open({ send: (event) => this.#write(encodeSseEvent(event)), close: () => this.#close() });
  }

  pull(): void {
    if (this.#unread.length === 0) this.#wanted = true;
    else this.#hand();
  }

  cancel(): void {
    if (!this.#isOpen) return;
    this.#end();
    this.#unread = [];
    this.#reading?.onGone();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    this.#unread.push(text);
    const { maxUnreadBytes, maxUnreadMessages } = this.#settings;
    this.#unreadBytes += Buffer.byteLength(text);
    if (this.#wanted) this.#hand();
    if (this.#unread.length > maxUnreadMessages || this.#unreadBytes > maxUnreadBytes) this.#cut();
  }

  #hand(): void {
    const text = this.#unread.length === 1 ? (this.#unread[0] ?? "") : this.#unread.join("");
    this.#wanted = false;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#controller?.enqueue(encoder.encode(text));
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#end();
    if (this.#unread.length > 0) this.#hand();
    this.#controller?.close();
  }

  #cut(): void {
    this.#end();
    this.#unread = [];
    this.#controller?.close();
    this.#onCut();
    this.#reading?.onGone();
  }

  #timeUp(): void {
    this.#reading?.onTimeUp();
    this.#close();
  }

  #end(): void {
    this.#isOpen = false;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#limit);
  }
}
