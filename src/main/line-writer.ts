import { write } from "node:fs";
import { waitOrAbort } from "../core/cancelable-wait.ts";

export interface LineWriterOptions {
  readonly fd: number;
  /** How long a line waits for others at most. */
  readonly flushMs: number;
  /** So many characters go out at once. */
  readonly flushChars: number;
  /** Characters that wait; a line beyond them is dropped. */
  readonly maxChars: number;
}

/** A full pipe of a reader that is slow is tried again after this. */
const AGAIN_MS = 50;
/** So many bytes go into a pipe in one piece or not at all (PIPE_BUF of Linux; POSIX has 512 at the least). */
const ONE_PIECE_BYTES = 4096;

/**
 * Writes lines to a descriptor in the background, many at a time. It never blocks, as pino's own writer does where a pipe is full
 * and the process is about to end; a reader that has gone costs nothing but the lines. Where several processes share a pipe, as the
 * workers of a gateway do, none of their lines gets into another.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #closing = new AbortController();
  #waiting: string[] = [];
  #chars = 0;
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** How many lines were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** The line with its end. Never throws and never waits. */
  write(line: string): void {
    const { flushMs, flushChars, maxChars } = this.#options;
    if (this.#closing.signal.aborted || this.#chars + line.length > maxChars) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#chars += line.length;
    if (this.#chars >= flushChars) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), flushMs);
  }

  /** Writes what waits; takes no more. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const text = this.#takePiece();
      await this.#writeAll(Buffer.from(text));
      // What is on its way counts until it has left.
      this.#chars -= text.length;
    }
  }

  /** As many whole lines as fit into one piece, and one at the least. */
  #takePiece(): string {
    let bytes = 0;
    const end = this.#waiting.findIndex((line) => {
      bytes += Buffer.byteLength(line);
      return bytes > ONE_PIECE_BYTES;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end)).join("");
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const written = await writeTo(this.#options.fd, bytes, at);
      if (written === "gone") return;
      if (written === "full") await waitOrAbort(AGAIN_MS, NEVER);
      else at += written;
    }
  }
}

const NEVER = new AbortController().signal;

/** How many bytes were taken; none where the pipe is full, or nobody reads any more. */
function writeTo(fd: number, bytes: Uint8Array, from: number): Promise<number | "full" | "gone"> {
  return new Promise((resolve) => {
    write(fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error === null || error === undefined) resolve(written);
      else resolve(error.code === "EAGAIN" ? "full" : "gone");
    });
  });
}
