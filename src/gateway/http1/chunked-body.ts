/** Longest line between chunks, and all of the trailers, in bytes. */
const MAX_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 64 * 1024;

const LINE_END = Buffer.from("\r\n");
const CR = 13;
const LF = 10;
const PLAIN = /^[\t\x20-\x7e\x80-\xff]*$/;

type State = "size" | "data" | "end of data" | "trailers" | "whole";

export interface ChunkedBodyOptions {
  /** `bytes` may be a view of what was given. */
  readonly onData: (bytes: Buffer) => void;
  /** Makes what is thrown for a body that breaks the rules. */
  readonly broken: (why: string) => Error;
}

/**
 * Reads a body in chunks (RFC 9112 7.1). What two readers could read differently is refused: bare line ends, sizes with
 * signs, data beyond a chunk's size.
 *
 * States: size → data → end of data → size … → trailers → whole.
 */
export class ChunkedBody {
  readonly #options: ChunkedBodyOptions;
  #state: State = "size";
  #left = 0;
  #trailerBytes = 0;
  /** How many bytes at the front hold no line end: none is searched twice. */
  #searched = 0;

  constructor(options: ChunkedBodyOptions) {
    this.#options = options;
  }

  get whole(): boolean {
    return this.#state === "whole";
  }

  /** Takes what it can from the front and returns how many bytes that was; 0: it needs more than these. */
  take(bytes: Buffer): number {
    const used = this.#step(bytes);
    if (used > 0) this.#searched = 0;
    return used;
  }

  #step(bytes: Buffer): number {
    switch (this.#state) {
      case "size":
        return this.#takeLine(bytes, (line) => this.#begin(line));
      case "data":
        return this.#takeData(bytes);
      case "end of data":
        return this.#takeEnd(bytes);
      case "trailers":
        return this.#takeLine(bytes, (line) => this.#takeTrailer(line));
      case "whole":
        return 0;
    }
  }

  #takeLine(bytes: Buffer, take: (line: string) => void): number {
    const end = bytes.indexOf(LINE_END, Math.max(0, this.#searched - 1));
    this.#searched = bytes.length;
    if (end === -1 && bytes.length < MAX_LINE_BYTES + LINE_END.length) return 0;
    if (end === -1 || end > MAX_LINE_BYTES) throw this.#options.broken("a line between its chunks is too long");
    const line = bytes.toString("latin1", 0, end);
    if (!PLAIN.test(line)) throw this.#options.broken("a line between its chunks is malformed");
    take(line);
    return end + LINE_END.length;
  }

  #begin(line: string): void {
    const size = /^([0-9a-f]{1,13})[ \t]*(;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw this.#options.broken("a chunk has no size");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "data";
  }

  #takeData(bytes: Buffer): number {
    const taken = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    if (this.#left === 0) this.#state = "end of data";
    this.#options.onData(taken);
    return taken.length;
  }

  #takeEnd(bytes: Buffer): number {
    if (bytes[0] !== CR || (bytes.length > 1 && bytes[1] !== LF)) throw this.#options.broken("a chunk is longer than it says");
    if (bytes.length === 1) return 0;
    this.#state = "size";
    return 2;
  }

  /** What trailers say is not of use to us, and nothing in them may be taken for a header. */
  #takeTrailer(line: string): void {
    this.#trailerBytes += line.length + LINE_END.length;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) throw this.#options.broken("its trailers are too long");
    if (line === "") this.#state = "whole";
  }
}
