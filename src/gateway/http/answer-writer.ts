import { SharedResult } from "../../mcp/shared-result.ts";
import { answerHead, type BodyEnd, isBodiless } from "./answer-head.ts";
import { type HttpAnswer, PlainAnswer, type PlainBody } from "./plain-answer.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** What an answer's form depends on beside itself. */
export interface AnswerTo {
  readonly method: string;
  readonly version: "1.0" | "1.1";
  /** The connection ends with this answer. */
  readonly close: boolean;
  /** The time as a header has it. */
  readonly date: string;
}

export interface AnswerEvents {
  /** All of the answer was given to the writer. `close`: the connection has to end, or nobody knows that it is whole. */
  onSent(close: boolean): void;
  /** Its body broke off: the end of the connection is how its reader hears of that. */
  onBroken(): void;
  /** The writer keeps some of it, and again takes more. */
  onStall(stalls: boolean): void;
}

/** An answer up to this size leaves in one piece with its head: to copy it costs less than another system call and waking its reader twice. */
const ONE_PIECE_BYTES = 128 * 1024;

/** Where head and body are put together, for one write at a time: new memory for each answer costs more than the copy. */
let piece: Buffer | undefined;

/** Good until it is called again. A head is ASCII. */
function inOnePiece(head: string, body: Uint8Array | SharedResult): Uint8Array {
  const [before, bytes, after] = body instanceof SharedResult ? body.parts : ["", body, ""];
  piece ??= Buffer.allocUnsafeSlow(ONE_PIECE_BYTES);
  let at = piece.write(head, 0, "latin1");
  at += piece.write(before, at);
  piece.set(bytes, at);
  at += bytes.byteLength;
  at += piece.write(after, at);
  return piece.subarray(0, at);
}

/** Puts answers on one connection, one at a time. */
export class AnswerWriter {
  readonly #writer: SocketWriter;
  readonly #events: AnswerEvents;
  #reader: { cancel(): Promise<void> } | undefined;
  #closed = false;

  constructor(writer: SocketWriter, events: AnswerEvents) {
    this.#writer = writer;
    this.#events = events;
  }

  /** Throws `internal`/`HTTP_HEADER_INVALID`, with nothing written. */
  send(answer: HttpAnswer, to: AnswerTo): void {
    if (answer instanceof PlainAnswer) this.#sendPlain(answer, to);
    else this.#sendResponse(answer, to);
  }

  /** The connection is gone. */
  close(): void {
    this.#closed = true;
    this.#reader?.cancel().catch(() => undefined);
  }

  #sendPlain({ status, headers, body }: PlainAnswer, to: AnswerTo): void {
    const bytes = body === null ? 0 : lengthOf(body);
    const head = headOf(status, headers, { kind: "length", bytes }, to);
    const writer = this.#writer;
    if (body === null || to.method === "HEAD" || isBodiless(status)) writer.write(head, head.length);
    else if (typeof body === "string") writer.write(head + body, head.length + bytes);
    else if (head.length + bytes <= ONE_PIECE_BYTES) writer.writeBorrowed(inOnePiece(head, body));
    else if (body instanceof SharedResult) {
      const [before, result, after] = body.parts;
      writer.write(head + before, head.length + Buffer.byteLength(before));
      writer.write(result, result.byteLength);
      writer.write(after, after.length);
    } else {
      writer.write(head, head.length);
      writer.write(body, bytes);
    }
    this.#events.onSent(to.close);
  }

  #sendResponse({ status, headers, body }: Response, to: AnswerTo): void {
    const fields = Object.fromEntries(headers);
    if (body === null || to.method === "HEAD" || isBodiless(status)) {
      void body?.cancel().catch(() => undefined);
      this.#sendPlain(new PlainAnswer(null, status, fields), to);
      return;
    }
    const isChunked = to.version === "1.1";
    const close = to.close || !isChunked;
    const head = headOf(status, fields, { kind: isChunked ? "chunks" : "close" }, { ...to, close });
    this.#writer.write(head, head.length);
    void this.#pump(body, isChunked, close);
  }

  /** Never rejects. */
  async #pump(body: ReadableStream<Uint8Array>, isChunked: boolean, close: boolean): Promise<void> {
    const reader = body.getReader();
    this.#reader = reader;
    try {
      let parts = 0;
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        this.#writePart(read.value, isChunked);
        parts += 1;
        if (parts % PARTS_A_TURN === 0) await nextTurn();
        if (this.#closed) return;
        // A source that always has more would keep the process from ever hearing that its reader has gone.
        if (this.#writer.isClosed) return this.#events.onBroken();
        if (this.#writer.idle) continue;
        this.#events.onStall(true);
        await this.#writer.drained();
        if (this.#closed) return;
        this.#events.onStall(false);
      }
      this.#reader = undefined;
      if (this.#closed) return;
      if (isChunked) this.#writer.write("0\r\n\r\n", 5);
      this.#events.onSent(close);
    } catch {
      this.#reader = undefined;
      if (!this.#closed) this.#events.onBroken();
    }
  }

  #writePart(part: Uint8Array, isChunked: boolean): void {
    const bytes = part.byteLength;
    if (bytes === 0) return;
    const size = `${bytes.toString(16)}\r\n`;
    if (!isChunked) this.#writer.write(part, bytes);
    else if (bytes <= ONE_PIECE_BYTES) {
      const framed = Buffer.concat([Buffer.from(size), part, Buffer.from("\r\n")]);
      this.#writer.write(framed, framed.length);
    } else {
      this.#writer.write(size, size.length);
      this.#writer.write(part, bytes);
      this.#writer.write("\r\n", 2);
    }
  }
}

/** A source that is always ready and a socket that is never full would leave no turn to anybody else. */
const PARTS_A_TURN = 32;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function lengthOf(body: PlainBody): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

function headOf(status: number, headers: Readonly<Record<string, string>>, end: BodyEnd, to: AnswerTo): string {
  const connection = to.close ? "close" : to.version === "1.0" ? "keep-alive" : undefined;
  return answerHead(status, headers, isBodiless(status) ? { kind: "none" } : end, connection, to.date);
}
