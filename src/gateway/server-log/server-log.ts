import type { Clock } from "../../core/clock.ts";

/** A line that a server's process has written to its standard error. */
export interface LogLine {
  readonly at: Date;
  /** Which process of the server it was, counted from 1. */
  readonly life: number;
  readonly text: string;
}

export interface LogListener {
  line(line: LogLine): void;
  /** There will be no more of them. */
  end(): void;
}

export interface ServerLogLimits {
  readonly maxLines: number;
  /** Of all lines, in characters. */
  readonly maxChars: number;
}

export const SERVER_LOG_LIMITS: ServerLogLimits = { maxLines: 1000, maxChars: 256 * 1024 };

/** What a line costs besides its text, so that empty ones have a bound too. */
const LINE_CHARS = 32;

/** The last lines of a server's processes, over all of its lives. Bounded: the oldest go. */
export class ServerLog {
  readonly #clock: Clock;
  readonly #limits: ServerLogLimits;
  readonly #listeners = new Set<LogListener>();
  #lines: LogLine[] = [];
  /** The first of `#lines` that is still kept. */
  #head = 0;
  #chars = 0;
  #dropped = 0;
  #lives = 0;
  #ended = false;

  constructor(clock: Clock, limits: ServerLogLimits = SERVER_LOG_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** A process starts: the answer keeps its lines. */
  begin(): (text: string) => void {
    this.#lives += 1;
    const life = this.#lives;
    return (text) => this.#keep({ at: this.#clock.now(), life, text });
  }

  /** The last lines, oldest first, and how many were there before that are not kept. */
  read(tail: number): { readonly lines: readonly LogLine[]; readonly dropped: number } {
    const from = Math.max(this.#head, this.#lines.length - tail);
    return { lines: this.#lines.slice(from), dropped: this.#dropped };
  }

  /** Tells of every line from now on; the answer ends it. */
  follow(listener: LogListener): () => void {
    if (this.#ended) listener.end();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The server is gone. */
  end(): void {
    this.#ended = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.end();
  }

  #keep(line: LogLine): void {
    if (this.#ended) return;
    this.#lines.push(line);
    this.#chars += line.text.length + LINE_CHARS;
    while (this.#lines.length - this.#head > this.#limits.maxLines || this.#chars > this.#limits.maxChars) this.#dropOldest();
    for (const listener of this.#listeners) listener.line(line);
  }

  #dropOldest(): void {
    this.#chars -= (this.#lines[this.#head]?.text.length ?? 0) + LINE_CHARS;
    this.#head += 1;
    this.#dropped += 1;
    if (this.#head <= this.#limits.maxLines) return;
    this.#lines = this.#lines.slice(this.#head);
    this.#head = 0;
  }
}
