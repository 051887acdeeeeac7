import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError, type ErrorCode, toAppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";

export interface AuditOutboxOptions {
  /** Sends a batch; one that is sent twice under its id is recorded once. Throws where it may not have arrived. */
  readonly send: (batchId: string, events: readonly AuditDraft[]) => Promise<void>;
  readonly newBatchId: () => string;
  /** Events that come within this time go together, in ms. */
  readonly gatherMs: number;
  readonly maxBatch: number;
  /** Events that wait; beyond them new ones are lost, and counted. */
  readonly maxWaiting: number;
  readonly retry: BackoffPolicy;
  readonly onFailure: (error: AppError) => void;
}

/** Codes of a failure that passes by itself; any other is one of this batch, which must not hold up those behind it for ever. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["unavailable", "deadline"]);
const MAX_REFUSALS = 10;

/**
 * Audit events on their way to mcpd, in order, one batch at a time; a batch is sent again under its own id until it has
 * arrived. They are in memory alone: what waits is gone with the process.
 */
export class AuditOutbox {
  readonly #options: AuditOutboxOptions;
  readonly #closing = new AbortController();
  readonly #waiting: AuditDraft[] = [];
  #sending: Promise<void> | undefined;
  #lost = 0;
  #lostSinceStart = 0;

  constructor(options: AuditOutboxOptions) {
    this.#options = options;
  }

  /** Events that mcpd does not have yet; those that are under way are not among them. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Events that were lost since the start. */
  get lost(): number {
    return this.#lostSinceStart + this.#lost;
  }

  /** Never throws and never waits. */
  put(draft: AuditDraft): void {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(draft);
    this.#sending ??= this.#run();
  }

  /** Sends what waits, and gives up where that fails. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await waitOrAbort(this.#options.gatherMs, this.#closing.signal);
      const batch = this.#waiting.splice(0, this.#options.maxBatch);
      await this.#deliver(batch);
      this.#tellOfLost();
    }
    this.#sending = undefined;
  }

  async #deliver(batch: readonly AuditDraft[]): Promise<void> {
    const { send, newBatchId, retry, onFailure } = this.#options;
    const id = newBatchId();
    for (let [attempt, refusals] = [0, 0]; refusals < MAX_REFUSALS; attempt += 1) {
      const last = this.#closing.signal.aborted;
      await waitOrAbort(backoffMs(retry, attempt, Math.random()), this.#closing.signal);
      try {
        await send(id, batch);
        return;
      } catch (thrown) {
        const error = toAppError(thrown);
        onFailure(error);
        if (last) break;
        if (!PASSING.has(error.code)) refusals += 1;
      }
    }
    this.#lost += batch.length;
    // It is closing: what mcpd does not take now it will not take a moment later.
    if (this.#closing.signal.aborted) this.#lost += this.#waiting.splice(0).length;
  }

  #tellOfLost(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#lostSinceStart += lost;
    if (lost > 0)
      this.#options.onFailure(new AppError("exhausted", "AUDIT_EVENTS_LOST", `${lost} audit events could not be handed to mcpd`));
  }
}
