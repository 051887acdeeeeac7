import { AppError } from "../../../core/app-error.ts";

/** The body of a response that is being received: read it once, as text or as a stream, or drop it. One reader, one call at a time. */
export interface Http1Body {
  /**
   * All of it as UTF-8 where it is here already, as that of a small response is when its head is, and `accept` takes it;
   * else undefined, and it can still be read.
   */
  textNow(accept: (text: string) => boolean): string | undefined;
  /** All of it as UTF-8, within the limit of `bytes`. */
  text(maxBytes: number): Promise<string>;
  /**
   * All of it in one piece. `maxBytes` is what it may take in memory: its bytes, and 128 for each piece in which they are kept.
   * Throws what broke the connection, or `exhausted`/`HTTP_BODY_TOO_LARGE`.
   */
  bytes(maxBytes: number): Promise<Uint8Array>;
  /** The next piece as soon as there is one; undefined at the end. Throws what broke the connection. */
  next(): Promise<Uint8Array | undefined>;
  stream(): ReadableStream<Uint8Array>;
  /** Nobody will read it. A rest that comes soon and is small is let by, which keeps the connection; else it is closed. */
  drop(): void;
}

/** What the connection's side of a body may do. */
export interface Http1BodySource {
  /** Stop and go on reading from the socket, for a reader that is slow. */
  pause(): void;
  resume(): void;
  /** Close the connection: the body will not be read to its end. */
  abort(): void;
}

/** Bytes that may wait for a slow reader before the socket is not read any more. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** What a piece costs beside its bytes, so that a megabyte of pieces of one byte is not a gigabyte. */
const PIECE_BYTES = 128;
/** A body of a length up to this is gathered in one piece from its first byte on. */
const GATHERED_BYTES = 1024 * 1024;
/** What may still come of a body that was dropped: the end of a stream after its answer, say. */
const DROPPED_BYTES = 64 * 1024;
const DROPPED_MS = 1000;

/**
 * A body between its connection, which pushes, and its reader.
 *
 * States: open → whole | failed. The socket belongs to the next response once this one is whole: it is not touched after that.
 */
export class ReceivedBody implements Http1Body {
  readonly #source: Http1BodySource;
  readonly #length: number | undefined;
  #parts: Uint8Array[] = [];
  /** In place of parts, where it is known how long it is and that is little enough: all of it, of which some has come and some was read. */
  #gathered: Buffer | undefined;
  #filled = 0;
  #taken = 0;
  /** What waits in memory, pieces counted with their own cost. */
  #waiting = 0;
  #state: "open" | "whole" | "failed" = "open";
  #error: unknown;
  #wake: (() => void) | undefined;
  #paused = false;
  /** Text is wanted: its reader looks at how much there is, and nothing is paused. */
  #gathering = false;
  #dropped: Timer | undefined;

  /** `length` is what it says of itself, where it does; no more than that is pushed. */
  constructor(source: Http1BodySource, length?: number) {
    this.#source = source;
    this.#length = length !== undefined && length <= GATHERED_BYTES ? length : undefined;
  }

  /** What of `bytes` is kept is copied. */
  push(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#waiting += bytes.byteLength + (this.#length === undefined ? PIECE_BYTES : 0);
    if (this.#dropped !== undefined) {
      if (this.#waiting > DROPPED_BYTES) this.#source.abort();
      return;
    }
    if (this.#length === undefined) this.#parts.push(Buffer.from(bytes));
    else this.#gather(bytes, this.#length);
    if (!this.#gathering && this.#waiting > HIGH_WATER_BYTES) this.#pause();
    this.#wake?.();
  }

  finish(): void {
    if (this.#state !== "open") return;
    clearTimeout(this.#dropped);
    // The next response must not find the socket paused by a reader of this one.
    this.#resume();
    this.#state = "whole";
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#state !== "open") return;
    clearTimeout(this.#dropped);
    this.#state = "failed";
    this.#error = error;
    this.#wake?.();
  }

  textNow(accept: (text: string) => boolean): string | undefined {
    const [first, second] = this.#parts;
    const only = this.#gathered?.subarray(this.#taken) ?? (second === undefined ? first : undefined);
    if (this.#state !== "whole" || only === undefined) return undefined;
    const text = utf8(only);
    if (!accept(text)) return undefined;
    this.drop();
    return text;
  }

  async text(maxBytes: number): Promise<string> {
    return utf8(await this.bytes(maxBytes));
  }

  async bytes(maxBytes: number): Promise<Uint8Array> {
    this.#gathering = true;
    this.#resume();
    while (this.#state === "open" && this.#waiting <= maxBytes) await this.#change();
    if (this.#state === "failed") throw this.#error;
    const gathered = this.#unread();
    const parts = gathered === undefined ? this.#parts : [gathered];
    this.#parts = [];
    if (this.#waiting > maxBytes) throw this.#tooLarge(maxBytes);
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const part = await this.next();
          if (part === undefined) controller.close();
          else controller.enqueue(part);
        },
        cancel: () => this.drop(),
      },
      { highWaterMark: 0 },
    );
  }

  drop(): void {
    this.#parts = [];
    this.#gathered = undefined;
    this.#waiting = 0;
    if (this.#state !== "open" || this.#dropped !== undefined) return;
    this.#dropped = setTimeout(() => this.#source.abort(), DROPPED_MS);
    this.#dropped.unref();
    this.#resume();
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const part = this.#unread() ?? this.#parts.shift();
      if (part !== undefined) {
        this.#waiting -= part.byteLength + (this.#length === undefined ? PIECE_BYTES : 0);
        if (this.#waiting <= HIGH_WATER_BYTES / 2) this.#resume();
        return part;
      }
      if (this.#state === "failed") throw this.#error;
      if (this.#state === "whole") return undefined;
      await this.#change();
    }
  }

  /** In its place at once: parts would be copied again when they are joined, into memory that is new again. */
  #gather(bytes: Uint8Array, length: number): void {
    this.#gathered ??= Buffer.allocUnsafeSlow(length);
    this.#gathered.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  /** What of a gathered one has come since it was read last. */
  #unread(): Uint8Array | undefined {
    if (this.#gathered === undefined || this.#taken === this.#filled) return undefined;
    const part = this.#gathered.subarray(this.#taken, this.#filled);
    this.#taken = this.#filled;
    return part;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#state === "open") this.#source.resume();
  }

  #tooLarge(maxBytes: number): AppError {
    if (this.#state === "open") this.#source.abort();
    return tooLarge(maxBytes);
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

/**
 * A body that came with its head. It is kept as text where that says all of it, as that of a small reply in JSON does: text
 * is what is made of it, and to copy its bytes first would cost as much again.
 */
export class WholeBody implements Http1Body {
  #rest: string | Buffer | undefined;
  /** What it takes in memory, counted as `bytes` of a body counts it. */
  readonly #size: number;

  /** The body is what stands in `bytes` from `from` to `to`, and stays there: the runtime reads into new memory each time. */
  constructor(bytes: Buffer, from: number, to: number) {
    this.#size = to - from + PIECE_BYTES;
    const text = to - from <= TEXT_BYTES ? bytes.toString("utf8", from, to) : REPLACED;
    // What was no UTF-8 is not the same any more.
    this.#rest = text.includes(REPLACED) ? bytes.subarray(from, to) : text;
  }

  textNow(accept: (text: string) => boolean): string | undefined {
    const text = this.#text();
    if (!accept(text)) return undefined;
    this.#rest = undefined;
    return text;
  }

  async text(maxBytes: number): Promise<string> {
    this.#require(maxBytes);
    const text = this.#text();
    this.#rest = undefined;
    return text;
  }

  async bytes(maxBytes: number): Promise<Uint8Array> {
    this.#require(maxBytes);
    return this.#take() ?? Buffer.alloc(0);
  }

  async next(): Promise<Uint8Array | undefined> {
    return this.#take();
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const bytes = this.#take();
        if (bytes !== undefined) controller.enqueue(bytes);
        controller.close();
      },
    });
  }

  drop(): void {
    this.#rest = undefined;
  }

  #text(): string {
    return typeof this.#rest === "string" ? this.#rest : utf8(this.#rest ?? Buffer.alloc(0));
  }

  #take(): Buffer | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return typeof rest === "string" ? Buffer.from(rest) : rest;
  }

  #require(maxBytes: number): void {
    if (this.#size > maxBytes) throw tooLarge(maxBytes);
  }
}

/** Larger ones are nearly always passed on as bytes. */
const TEXT_BYTES = 64 * 1024;
const REPLACED = "\ufffd";

function tooLarge(maxBytes: number): AppError {
  return new AppError("exhausted", "HTTP_BODY_TOO_LARGE", `The body of the HTTP response takes more than ${maxBytes} bytes`);
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
