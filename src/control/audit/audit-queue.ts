import type { AuditDraft } from "../../api/audit-event.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { Clock } from "../../core/clock.ts";
import { redact } from "../../core/redact.ts";
import type { AuditSink } from "../change/change-log.ts";
import type { AuditBatch, WriteBatch } from "./audit-batch.ts";
import { ownDraft } from "./batch-rows.ts";

export interface AuditQueueDeps {
  readonly write: WriteBatch;
  readonly clock: Clock;
  /** A batch could not be written; it is kept and tried again. */
  readonly onFailure: (thrown: unknown) => void;
}

export interface AuditQueueOptions {
  /** How long an event waits at most before it is written. */
  readonly flushMs: number;
  /** So many are written at once. */
  readonly batchSize: number;
  /** When more wait, the oldest are dropped, and how many is recorded. */
  readonly maxWaiting: number;
  readonly retry: BackoffPolicy;
  /** How long `close` tries at most. */
  readonly closeMs: number;
}

const DEFAULTS: AuditQueueOptions = {
  flushMs: 250,
  // Smaller ones cost a tenth more of each event; while one is written, others who write wait for some 5 ms.
  batchSize: 500,
  maxWaiting: 20_000,
  retry: { firstMs: 500, maxMs: 5000 },
  closeMs: 5000,
};

/** A detail that makes an event longer than this is cut while it waits. */
const MAX_TEXT = 16_384;

/**
 * Events of requests, written in batches.
 *
 * What waits is the text of each event: it is made at once, costs less than the event itself to keep, and goes to another
 * thread as it is. A batch that failed is kept and tried again. Kill -9 loses what was not flushed.
 */
export class AuditQueue implements AuditSink {
  readonly #deps: AuditQueueDeps;
  readonly #options: AuditQueueOptions;
  #waiting: string[] = [];
  /** The first of `#waiting` that is still to be written. */
  #head = 0;
  #dropped = 0;
  #droppedSinceStart = 0;
  #kept: AuditBatch | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | undefined;
  /** How many of those that wait somebody waits for. */
  #due = 0;
  #failures = 0;
  #closed = false;

  constructor(deps: AuditQueueDeps, options: Partial<AuditQueueOptions> = {}) {
    this.#deps = deps;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Events that are not written yet. */
  get waiting(): number {
    return this.#left;
  }

  /** Events that were dropped since the start, because too many waited. */
  get dropped(): number {
    return this.#droppedSinceStart;
  }

  record(draft: AuditDraft): void {
    if (this.#closed) return;
    this.#waiting.push(this.#textOf(draft));
    if (this.#size > this.#options.maxWaiting) this.#dropOldest();
    if (this.#flushing !== undefined || this.#failures > 0) return;
    if (this.#size >= this.#options.batchSize) void this.flush();
    else this.#flushAfter(this.#options.flushMs);
  }

  /** Writes what waits; resolves when that is written or a try has failed. Never rejects. */
  flush(): Promise<void> {
    this.#due = this.#left;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      this.#goOn();
    });
    return this.#flushing;
  }

  /** Takes no more, and writes what waits; gives up in the end. Resolves with the number of events that are lost. */
  async close(): Promise<number> {
    this.#closed = true;
    clearTimeout(this.#timer);
    // Not AbortSignal.timeout: that keeps the process for its whole time.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#options.closeMs);
    while (!deadline.signal.aborted) {
      // The database may neither write nor fail.
      await Promise.race([this.flush(), waitOrAbort(this.#options.closeMs, deadline.signal)]);
      if (this.#left === 0) break;
      await waitOrAbort(this.#options.retry.firstMs / 10, deadline.signal);
    }
    clearTimeout(timer);
    deadline.abort();
    return this.#left;
  }

  get #size(): number {
    return this.#waiting.length - this.#head;
  }

  get #left(): number {
    return this.#size + (this.#kept?.texts.length ?? 0);
  }

  /** A draft that has no text is no reason to throw at the one who records it. */
  #textOf(draft: AuditDraft): string {
    try {
      const text = JSON.stringify(draft);
      return text.length <= MAX_TEXT ? text : JSON.stringify({ ...draft, detail: redact(draft.detail) });
    } catch (thrown) {
      this.#deps.onFailure(thrown);
      return JSON.stringify(ownDraft(this.#deps.clock.now(), "audit_unreadable"));
    }
  }

  #dropOldest(): void {
    this.#head += 1;
    this.#dropped += 1;
    this.#droppedSinceStart += 1;
    if (this.#head > this.#options.maxWaiting) this.#compact();
  }

  #compact(): void {
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }

  #flushAfter(ms: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, ms);
  }

  #goOn(): void {
    if (this.#failures > 0) this.#flushAfter(backoffMs(this.#options.retry, this.#failures, Math.random()));
    else if (this.#left > 0) this.#flushAfter(this.#options.flushMs);
  }

  async #flushAll(): Promise<void> {
    while (this.#left > 0 || this.#dropped > 0) {
      this.#kept ??= this.#take();
      try {
        await this.#deps.write(this.#kept);
        this.#due -= this.#kept.texts.length;
        this.#kept = undefined;
        this.#failures = 0;
      } catch (thrown) {
        this.#failures += 1;
        this.#deps.onFailure(thrown);
        return;
      }
      // What came meanwhile and is less than a batch waits for its own turn.
      if (this.#due <= 0 && this.#size < this.#options.batchSize && !this.#closed) return;
    }
  }

  #take(): AuditBatch {
    const dropped = this.#dropped;
    const texts = this.#waiting.slice(this.#head, this.#head + this.#options.batchSize);
    this.#head += texts.length;
    this.#dropped = 0;
    this.#compact();
    return { texts, dropped };
  }
}
