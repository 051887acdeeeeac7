import { AppError } from "../../../core/app-error.ts";

/** The first part of a response: names in lower case; of repeated headers the values are joined by ", ". */
export interface Http1Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Takes what a response is made of, in its order. */
export interface Http1Events {
  onHead(head: Http1Head): void;
  onData(bytes: Uint8Array): void;
  /** `reusable`: the connection may carry another request. */
  onEnd(reusable: boolean): void;
}

/** Reads the responses of one connection (RFC 9112), one after another. */
export interface Http1Parser {
  /** The next bytes of the connection. Throws `internal`/`HTTP_BROKEN`; the connection is of no use after that. */
  push(bytes: Uint8Array): void;
  /** The other side has ended. Throws where a response is not whole. */
  end(): void;
}

/** Longest head of a response, and longest line between chunks, in bytes. */
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_LINE_BYTES = 4096;

type State =
  | { readonly kind: "head" }
  | { readonly kind: "length"; left: number }
  | { readonly kind: "chunk-size" }
  | { readonly kind: "chunk"; left: number }
  | { readonly kind: "chunk-end" }
  | { readonly kind: "trailers" }
  | { readonly kind: "until-close" };

export function createHttp1Parser(events: Http1Events): Http1Parser {
  return new Parser(events);
}

class Parser implements Http1Parser {
  readonly #events: Http1Events;
  #state: State = { kind: "head" };
  #held: Buffer = Buffer.alloc(0);
  #keepAlive = true;

  constructor(events: Http1Events) {
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let rest = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    // What is kept must outlive the socket's own buffer.
    this.#held = rest.length === 0 ? rest : Buffer.from(rest);
  }

  end(): void {
    if (this.#state.kind === "until-close") this.#finish(false);
    else if (this.#state.kind !== "head" || this.#held.length > 0) throw broken("it ended in the middle of a response");
  }

  /** Takes what it can from the front and returns how many bytes that was; 0: it needs more. */
  #step(bytes: Buffer): number {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#takeHead(bytes);
      case "length":
      case "chunk":
        return this.#takeData(bytes, state);
      case "until-close":
        this.#events.onData(bytes);
        return bytes.length;
      case "chunk-size":
        return this.#takeLine(bytes, (line) => this.#beginChunk(line));
      case "chunk-end":
        return this.#takeLine(bytes, (line) => {
          if (line !== "") throw broken("a chunk is longer than it says");
          this.#state = { kind: "chunk-size" };
        });
      case "trailers":
        return this.#takeLine(bytes, (line) => {
          if (line === "") this.#finish(this.#keepAlive);
        });
    }
  }

  #takeHead(bytes: Buffer): number {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1 && bytes.length <= MAX_HEAD_BYTES) return 0;
    if (end === -1 || end > MAX_HEAD_BYTES) throw broken("its head is too long");
    const head = parseHead(bytes.toString("latin1", 0, end));
    // Interim responses say nothing to us; the real one follows.
    if (head.status >= 100 && head.status < 200) return end + 4;
    this.#keepAlive = keepsAlive(head);
    this.#state = bodyOf(head);
    this.#events.onHead(head);
    if (this.#state.kind === "length" && this.#state.left === 0) this.#finish(this.#keepAlive);
    return end + 4;
  }

  #takeData(bytes: Buffer, state: Extract<State, { kind: "length" | "chunk" }>): number {
    const taken = bytes.length <= state.left ? bytes : bytes.subarray(0, state.left);
    state.left -= taken.length;
    this.#events.onData(taken);
    if (state.left === 0 && state.kind === "chunk") this.#state = { kind: "chunk-end" };
    else if (state.left === 0) this.#finish(this.#keepAlive);
    return taken.length;
  }

  #takeLine(bytes: Buffer, take: (line: string) => void): number {
    const end = bytes.indexOf("\r\n");
    if (end === -1 && bytes.length <= MAX_CHUNK_LINE_BYTES) return 0;
    if (end === -1 || end > MAX_CHUNK_LINE_BYTES) throw broken("a line between its chunks is too long");
    take(bytes.toString("latin1", 0, end));
    return end + 2;
  }

  #beginChunk(line: string): void {
    const size = /^([0-9a-f]{1,13})[ \t]*(;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw broken("a chunk has no size");
    const left = Number.parseInt(size, 16);
    this.#state = left === 0 ? { kind: "trailers" } : { kind: "chunk", left };
  }

  #finish(reusable: boolean): void {
    this.#state = { kind: "head" };
    this.#events.onEnd(reusable);
  }
}

function parseHead(text: string): Http1Head & { readonly version: string } {
  const lines = text.split("\r\n");
  const [, version, status] = /^HTTP\/(1\.[01]) (\d{3})( |$)/.exec(lines[0] ?? "") ?? [];
  if (version === undefined || status === undefined) throw broken("it does not begin as HTTP/1.1 does");
  const headers = new Map<string, string>();
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const colon = line.indexOf(":");
    // A line that begins with a space would continue the one before: RFC 9112 5.2 lets a proxy refuse it.
    if (colon <= 0 || line.charCodeAt(0) <= 32 || line.charCodeAt(colon - 1) <= 32) throw broken("a header line is malformed");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers, version };
}

/** How the body is delimited; what two readers could read differently is refused (RFC 9112 6.3). */
function bodyOf({ status, headers }: Http1Head): State {
  if (status === 204 || status === 304) return { kind: "length", left: 0 };
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined || coding.toLowerCase() !== "chunked") throw broken("its length is ambiguous");
    return { kind: "chunk-size" };
  }
  if (length === undefined) return { kind: "until-close" };
  if (!/^\d{1,15}$/.test(length)) throw broken("its Content-Length is no number");
  return { kind: "length", left: Number(length) };
}

function keepsAlive({ version, headers }: Http1Head & { readonly version: string }): boolean {
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  return version === "1.1" ? !connection.includes("close") : connection.includes("keep-alive");
}

function broken(why: string): AppError {
  return new AppError("internal", "HTTP_BROKEN", `The HTTP response is broken: ${why}`);
}
