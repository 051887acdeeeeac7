import { ChunkedBody } from "./chunked-body.ts";
import { HeadMemo } from "./head-memo.ts";
import { type BadHead, parseRequestHead, type RequestHead } from "./request-head.ts";

/** Takes what a request is made of, in its order. Nothing here may throw. */
export interface RequestEvents {
  /**
   * The head of a request. `contentLength` is what it says this time, whatever `head.fields` say. Where the body came
   * with it, that is `bytes` from `from` to `to`, and the request is whole; else `bytes` is undefined.
   */
  onHead(head: RequestHead, contentLength: string | undefined, bytes: Buffer | undefined, from: number, to: number): void;
  onBody(part: Buffer): void;
  /** The body that came in parts is whole. */
  onWhole(): void;
  /** Nothing that follows can be read. */
  onBroken(status: BadHead | 431): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const CR = 13;
const LF = 10;
/** Empty lines before a request are let by: some clients end a body with one (RFC 9112 2.2). */
const MAX_BLANK_LINES = 2;

/**
 * Reads the requests of one connection (RFC 9112), one after another: what follows one that is whole is kept until
 * `next` asks for it.
 *
 * States: head → body (a length, or chunks) → whole → head … → over.
 */
export class RequestReader {
  readonly #events: RequestEvents;
  readonly #maxHeadBytes: number;
  readonly #memo = new HeadMemo<RequestHead>();
  #state: "head" | "length" | "chunks" | "whole" | "over" = "head";
  /** Bytes that are to come of a body with a length. */
  #left = 0;
  #chunks: ChunkedBody | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #blankLines = 0;

  constructor(events: RequestEvents, maxHeadBytes: number) {
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
  }

  get state(): "head" | "body" | "whole" | "over" {
    return this.#state === "length" || this.#state === "chunks" ? "body" : this.#state;
  }

  /** Bytes that are kept: of a head that is not whole, or of requests to come. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes that are to come of the body, as far as it says; 0 where it does not say, or is whole. */
  get leftBytes(): number {
    return this.#state === "length" ? this.#left : 0;
  }

  /** The next bytes of the connection; they may be kept as they are. */
  push(bytes: Buffer): void {
    if (this.#state === "over") return;
    if (this.#state === "whole") this.#hold(bytes);
    else this.#take(this.#heldBytes === 0 ? bytes : this.#joined(bytes));
  }

  /** Reads the next request, of which some may be there already. Only where one is whole. */
  next(): void {
    this.#state = "head";
    if (this.#heldBytes > 0) this.#take(this.#joined());
  }

  /** Nothing more is read. */
  stop(): void {
    this.#state = "over";
    this.#chunks = undefined;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (this.#state === "over" || used === rest.length) return;
      if (used === 0) {
        this.#hold(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Takes what it can from the front and returns how many bytes that was; 0: it needs more, or takes none now. */
  #step(bytes: Buffer): number {
    if (this.#state === "head") return this.#takeHead(bytes);
    if (this.#state === "length") return this.#takeLength(bytes);
    return this.#state === "chunks" ? this.#takeChunks(bytes) : 0;
  }

  #takeHead(bytes: Buffer): number {
    const known = this.#memo.match(bytes);
    if (known !== undefined) return this.#begin(known.head, known.contentLength, bytes, known.bytes);
    if (bytes[0] === CR) return this.#takeBlankLine(bytes);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1 && bytes.length < this.#maxHeadBytes + HEAD_END.length) return mayBegin(bytes) ? 0 : this.#break(400);
    if (end === -1 || end > this.#maxHeadBytes) return this.#break(431);
    const text = bytes.toString("latin1", 0, end);
    const head = parseRequestHead(text);
    if (typeof head === "number") return this.#break(head);
    this.#memo.learn(text, head);
    return this.#begin(head, head.fields.get("content-length"), bytes, end + HEAD_END.length);
  }

  #takeBlankLine(bytes: Buffer): number {
    if (bytes.length === 1) return 0;
    this.#blankLines += 1;
    return bytes[1] === LF && this.#blankLines <= MAX_BLANK_LINES ? 2 : this.#break(400);
  }

  #begin(head: RequestHead, contentLength: string | undefined, bytes: Buffer, from: number): number {
    this.#blankLines = 0;
    const length = head.framing === "length" ? Number(contentLength) : 0;
    const to = from + length;
    if (head.framing !== "chunks" && to <= bytes.length) {
      this.#state = "whole";
      this.#events.onHead(head, contentLength, bytes, from, to);
      return to;
    }
    this.#left = length;
    this.#state = head.framing === "chunks" ? "chunks" : "length";
    if (head.framing === "chunks") this.#chunks = this.#newChunks();
    this.#events.onHead(head, contentLength, undefined, 0, 0);
    return from;
  }

  #newChunks(): ChunkedBody {
    return new ChunkedBody({ onData: (part) => this.#events.onBody(part), broken: (why) => new Error(why) });
  }

  #takeLength(bytes: Buffer): number {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#events.onBody(part);
    if (this.#left === 0) this.#finish();
    return part.length;
  }

  #takeChunks(bytes: Buffer): number {
    const chunks = this.#chunks;
    if (chunks === undefined) return 0;
    try {
      const used = chunks.take(bytes);
      if (chunks.whole) this.#finish();
      return used;
    } catch {
      return this.#break(400);
    }
  }

  #finish(): void {
    // Whoever heard of a part may have stopped the reading.
    if (this.#state === "over") return;
    this.#state = "whole";
    this.#chunks = undefined;
    this.#events.onWhole();
  }

  #break(status: BadHead | 431): number {
    this.stop();
    this.#events.onBroken(status);
    return 0;
  }

  #hold(rest: Buffer): void {
    this.#held.push(rest);
    this.#heldBytes += rest.length;
  }

  #joined(bytes?: Buffer): Buffer {
    const parts = bytes === undefined ? this.#held : [...this.#held, bytes];
    this.#held = [];
    this.#heldBytes = 0;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }
}

/** Whether these may be the first bytes of a request: who speaks another protocol is told so, and not waited for. */
function mayBegin(bytes: Buffer): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}(?: |$)/.test(bytes.toString("latin1", 0, 33));
}
