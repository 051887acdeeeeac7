import { AppError } from "../../core/app-error.ts";

/** What a body asks of its connection. */
export interface RequestBodySource {
  /** Stop and go on reading from the socket, for a reader that is slow. */
  pause(): void;
  resume(): void;
  /** Somebody wants the body: a client that waits to be asked for it may send it. */
  wanted(): void;
}

/** Bytes that may wait for a reader before the socket is not read any more. */
const HIGH_WATER_BYTES = 256 * 1024;
/** What a piece costs beside its bytes, so that pieces of one byte do not fill the memory. */
const PIECE_BYTES = 128;

/**
 * The body of a request between its connection, which pushes, and its reader.
 *
 * States: open → whole | failed. Once it is discarded nothing of it is kept, in any state.
 */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #source: RequestBodySource;
  #parts: Buffer[] = [];
  /** What waits in memory, pieces counted with their own cost. */
  #waiting = 0;
  #state: "open" | "whole" | "failed" = "open";
  #discarded = false;
  #paused = false;
  /** All of it is wanted at once, and its reader knows how much that can be: nothing is paused. */
  #gathering = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(source: RequestBodySource) {
    this.#source = source;
  }

  /** The bytes are kept as they are. */
  push(bytes: Buffer): void {
    if (this.#state !== "open" || this.#discarded) return;
    this.#parts.push(bytes);
    this.#waiting += bytes.length + PIECE_BYTES;
    if (!this.#gathering && this.#waiting > HIGH_WATER_BYTES) this.#pause();
    this.#wake?.();
  }

  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "whole";
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#error = error;
    this.#parts = [];
    this.#wake?.();
  }

  /** Nobody reads it, or reads on. */
  discard(): void {
    this.#discarded = true;
    this.#parts = [];
    this.#waiting = 0;
    this.#resume();
  }

  /** All of it as UTF-8. For a reader that has looked at its length. Throws what broke the connection. */
  async text(): Promise<string> {
    this.#gathering = true;
    this.#resume();
    if (this.#state === "open") this.#source.wanted();
    while (this.#state === "open") await this.#change();
    if (this.#state === "failed") throw this.#error;
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.discard();
    return textOf(bytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#state === "open") this.#source.wanted();
    try {
      for (;;) {
        const part = this.#parts.shift();
        if (part !== undefined) {
          this.#waiting -= part.length + PIECE_BYTES;
          if (this.#waiting <= HIGH_WATER_BYTES / 2) this.#resume();
          yield part;
        } else if (this.#state === "open") await this.#change();
        else break;
      }
      if (this.#state === "failed") throw this.#error;
    } finally {
      this.discard();
    }
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

const MARK = "\ufeff";

/** As `Request.text` reads it: what is no UTF-8 is replaced, and a byte order mark is no part of it. */
export function textOf(bytes: Buffer, from = 0, to = bytes.length): string {
  const text = bytes.toString("utf8", from, to);
  return text.startsWith(MARK) ? text.slice(MARK.length) : text;
}

export function requestAborted(): AppError {
  return new AppError("canceled", "REQUEST_ABORTED", "The client has gone before its request was whole");
}
