import { AppError } from "../../../core/app-error.ts";
import { ChunkedBody } from "../../http1/chunked-body.ts";
import { HeadMemo, type KnownHead } from "../../http1/head-memo.ts";
import { optionsOf, parseFields } from "../../http1/header-fields.ts";

/** The first part of a response: names in lower case; of repeated headers the values are joined by ", ". */
export interface Http1Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Takes what a response is made of, in its order. Nothing here may throw. */
export interface Http1Events {
  onHead(head: Http1Head): void;
  /** In place of `onHead` and `onData`, where the body came with its head: it is `bytes` from `from` to `to`, which do not outlive this call. */
  onWhole(head: Http1Head, bytes: Buffer, from: number, to: number): void;
  /** `bytes` may be a view of what was pushed, which does not outlive this call. */
  onData(bytes: Uint8Array): void;
  /** `reusable`: the connection may carry another request. */
  onEnd(reusable: boolean): void;
}

/**
 * Reads the responses of one connection (RFC 9112), one after another.
 *
 * A response is asked for before it comes: bytes that follow one at once belong to no request, so they are dropped
 * and the connection is not reusable. Whoever pushes refuses bytes that come while nothing is awaited.
 */
export interface Http1Parser {
  /** The next bytes of the connection. Throws `internal`/`HTTP_BROKEN`; the connection is of no use after that. */
  push(bytes: Buffer): void;
  /** The other side has ended. Throws `internal`/`HTTP_BROKEN` where a response is not whole. */
  end(): void;
}

/** Longest head of a response, in bytes. */
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_INTERIM_RESPONSES = 16;

const NOTHING = Buffer.alloc(0);
const BEGINNING = Buffer.from("HTTP/1.");
const HEAD_END = Buffer.from("\r\n\r\n");
const CR = 13;
const LF = 10;

type State =
  | { readonly kind: "head" }
  | { readonly kind: "length"; left: number }
  | { readonly kind: "chunks" }
  | { readonly kind: "until-close" }
  | { readonly kind: "whole" }
  | { readonly kind: "over" };

const HEAD: State = { kind: "head" };
const CHUNKS: State = { kind: "chunks" };
const UNTIL_CLOSE: State = { kind: "until-close" };
const WHOLE: State = { kind: "whole" };
const OVER: State = { kind: "over" };

export function createHttp1Parser(events: Http1Events): Http1Parser {
  return new Parser(events);
}

/** States: head → one of the bodies → whole → head … → over; after a throw it is over. */
class Parser implements Http1Parser {
  readonly #events: Http1Events;
  #state: State = HEAD;
  /** Bytes that wait for more, at the front of a buffer that grows by doubling. */
  #held: Buffer = NOTHING;
  #heldBytes = 0;
  /** How many bytes at the front hold no end of what is looked for: none is searched twice. */
  #searched = 0;
  #keepAlive = true;
  #interim = 0;
  #chunks: ChunkedBody | undefined;
  readonly #memo = new HeadMemo<ParsedHead>();

  constructor(events: Http1Events) {
    this.#events = events;
  }

  push(bytes: Buffer): void {
    try {
      this.#take(this.#heldBytes === 0 ? bytes : this.#joined(bytes));
    } catch (thrown) {
      this.#state = OVER;
      this.#hold(NOTHING);
      throw thrown;
    }
  }

  end(): void {
    const { kind } = this.#state;
    const held = this.#heldBytes;
    this.#state = OVER;
    this.#hold(NOTHING);
    if (kind === "until-close") this.#events.onEnd(false);
    else if (kind !== "over" && (kind !== "head" || held > 0)) throw broken("it ended in the middle of a response");
  }

  #take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) break;
      rest = used === rest.length ? NOTHING : rest.subarray(used);
      this.#searched = 0;
      if (this.#state === WHOLE) break;
    }
    if (this.#state === WHOLE) this.#finish(rest.length === 0 && this.#keepAlive);
    else this.#hold(rest);
  }

  #joined(bytes: Buffer): Buffer {
    const length = this.#heldBytes + bytes.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafe(2 * length);
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#heldBytes);
    return this.#held.subarray(0, length);
  }

  /** What is kept must outlive the socket's own buffer. */
  #hold(rest: Buffer): void {
    const inPlace = rest.length > 0 && rest.buffer === this.#held.buffer && rest.byteOffset === this.#held.byteOffset;
    if (!inPlace) this.#held = rest.length === 0 ? NOTHING : Buffer.from(rest);
    this.#heldBytes = rest.length;
  }

  /** Takes what it can from the front and returns how many bytes that was; 0: it needs more. */
  #step(bytes: Buffer): number {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#takeHead(bytes);
      case "length":
        return this.#takeData(bytes, state);
      case "until-close":
        this.#events.onData(bytes);
        return bytes.length;
      case "chunks":
        return this.#takeChunks(bytes);
      case "whole":
      case "over":
        throw broken("it goes on after its end");
    }
  }

  #takeHead(bytes: Buffer): number {
    const known = this.#memo.match(bytes);
    if (known !== undefined) return this.#beginBody(withLength(known), bytes, known.bytes);
    const from = this.#searched;
    const end = this.#search(bytes, HEAD_END);
    if (end === -1) {
      requireBeginning(bytes, from);
      if (bytes.length < MAX_HEAD_BYTES + HEAD_END.length) return 0;
    }
    if (end === -1 || end > MAX_HEAD_BYTES) throw broken("its head is too long");
    const text = bytes.toString("latin1", 0, end);
    const head = parseHead(text);
    if (head.status < 200) {
      this.#passInterim(head.status);
      return end + HEAD_END.length;
    }
    const used = this.#beginBody(head, bytes, end + HEAD_END.length);
    this.#memo.learn(text, head);
    return used;
  }

  /** Interim responses say nothing to us; the real one follows. */
  #passInterim(status: number): void {
    this.#interim += 1;
    if (status === 101) throw broken("it changes the protocol, which nobody asked for");
    if (this.#interim > MAX_INTERIM_RESPONSES) throw broken("it has too many interim responses");
  }

  /** Returns where the bytes go on: after the head, or after the body where all of it is there. */
  #beginBody(head: ParsedHead, bytes: Buffer, from: number): number {
    const state = bodyOf(head);
    const to = from + (state.kind === "length" ? state.left : bytes.length);
    const whole = state.kind === "length" && to <= bytes.length;
    this.#interim = 0;
    this.#keepAlive = keepsAlive(head);
    this.#state = whole ? WHOLE : state;
    if (!whole) {
      this.#events.onHead(head);
      return from;
    }
    this.#events.onWhole(head, bytes, from, to);
    return to;
  }

  #takeData(bytes: Buffer, state: Extract<State, { kind: "length" }>): number {
    const taken = bytes.length <= state.left ? bytes : bytes.subarray(0, state.left);
    state.left -= taken.length;
    this.#events.onData(taken);
    if (state.left === 0) this.#state = WHOLE;
    return taken.length;
  }

  #takeChunks(bytes: Buffer): number {
    this.#chunks ??= new ChunkedBody({ onData: (part) => this.#events.onData(part), broken });
    const used = this.#chunks.take(bytes);
    if (this.#chunks.whole) {
      this.#chunks = undefined;
      this.#state = WHOLE;
    }
    return used;
  }

  #search(bytes: Buffer, mark: Buffer): number {
    const from = Math.max(0, this.#searched - mark.length + 1);
    this.#searched = bytes.length;
    return bytes.indexOf(mark, from);
  }

  #finish(reusable: boolean): void {
    this.#state = reusable ? HEAD : OVER;
    this.#hold(NOTHING);
    this.#events.onEnd(reusable);
  }
}

interface ParsedHead extends Http1Head {
  readonly version: string;
}

/** A head that came before, with the length that it has this time. */
function withLength({ head, contentLength }: KnownHead<ParsedHead>): ParsedHead {
  const { headers } = head;
  if (contentLength === undefined || headers.get("content-length") === contentLength) return head;
  return { ...head, headers: new Map(headers).set("content-length", contentLength) };
}

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
function parseHead(text: string): ParsedHead {
  const lines = text.split("\r\n");
  const [, version, status] = STATUS_LINE.exec(lines[0] ?? "") ?? [];
  if (version === undefined || status === undefined) throw broken("it does not begin as HTTP/1.1 does");
  const headers = parseFields(lines);
  if (headers === undefined) throw broken("a header line is malformed");
  return { status: Number(status), headers, version };
}

/** How the body is delimited; what two readers could read differently is refused (RFC 9112 6.3). */
function bodyOf({ status, headers, version }: ParsedHead): State {
  if (status === 204 || status === 304) return WHOLE;
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined || version !== "1.1" || coding.toLowerCase() !== "chunked") throw broken("its length is ambiguous");
    return CHUNKS;
  }
  if (length === undefined) return UNTIL_CLOSE;
  if (!/^\d{1,15}$/.test(length)) throw broken("its Content-Length is no number");
  return length === "0" || Number(length) === 0 ? WHOLE : { kind: "length", left: Number(length) };
}

function keepsAlive({ version, headers }: ParsedHead): boolean {
  const options = optionsOf(headers.get("connection"));
  return !options.includes("close") && (version === "1.1" || options.includes("keep-alive"));
}

/** A server that speaks something else is told apart by its first bytes, or it would be waited for. */
function requireBeginning(bytes: Buffer, from: number): void {
  if (!bytes.subarray(0, BEGINNING.length).equals(BEGINNING.subarray(0, bytes.length))) throw broken("it does not begin as HTTP/1.1 does");
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw broken("a line does not end as lines do");
  }
}

function broken(why: string): AppError {
  return new AppError("internal", "HTTP_BROKEN", `The HTTP response is broken: ${why}`);
}
