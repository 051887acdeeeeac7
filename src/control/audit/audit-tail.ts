import type { Kysely } from "kysely";
import type { AuditEvent } from "../../api/audit-event.ts";
import type { Schema } from "../../store/schema.ts";
import { type AuditScope, inScope } from "./audit-filter.ts";
import { type AuditRow, eventOfRow, rowFromDatabase } from "./audit-row.ts";
import { otherWriters } from "./audit-writers.ts";
import { readTail } from "./chain-end.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import type { RequestLog } from "./request-log.ts";
import type { SqlAuditChain } from "./sql-audit-chain.ts";

export interface TailListener {
  readonly event: (event: AuditEvent) => void;
  /** So many events, of which some may have been in the scope, are not going to be heard of. */
  readonly skipped: (count: number) => void;
}

export interface AuditTailDeps {
  readonly db: Kysely<Schema>;
  readonly chain: SqlAuditChain;
  /** The chain of requests, where they have one of their own. */
  readonly requests?: RequestLog | undefined;
  /** How often other writers are looked at, in milliseconds; undefined where there are none on this database. */
  readonly pollMs: number | undefined;
  readonly onFailure: (thrown: unknown) => void;
}

/** Events of one writer that one look reads at most; what a busier writer had before is skipped. */
const MAX_PER_LOOK = 1000;

/**
 * Events as they are committed: those of this process at once, those of other writers a moment later. Another thread's
 * are read from the database, so that nothing is handed over while nobody listens.
 */
export class AuditTail {
  readonly #deps: AuditTailDeps;
  readonly #subscribers = new Set<{ readonly scope: AuditScope; readonly listener: TailListener }>();
  readonly #forgetChains: readonly (() => void)[];
  readonly #reading = new OneAtATime();
  /** The last event of the chain of requests that subscribers have heard of; undefined while nobody listens. */
  #heard: number | undefined;
  /** The last sequence of each other writer that was looked at; undefined while nobody listens. */
  #seen: Map<string, number> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: AuditTailDeps) {
    this.#deps = deps;
    const forgetRequests = deps.requests?.onWritten(() => this.#hearRequests());
    this.#forgetChains = [deps.chain.onAppend((rows) => this.#tell(rows)), ...(forgetRequests === undefined ? [] : [forgetRequests])];
  }

  /** Calls `listener` for every event in the scope from now on; it must be quick and must not throw. The answer ends it. */
  subscribe(scope: AuditScope, listener: TailListener): () => void {
    const subscriber = { scope, listener };
    this.#subscribers.add(subscriber);
    this.#heard ??= this.#deps.requests?.tail.sequence;
    this.#startLooking();
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#stopLooking();
    };
  }

  async close(): Promise<void> {
    for (const forget of this.#forgetChains) forget();
    this.#subscribers.clear();
    this.#stopLooking();
    await this.#looking;
    await this.#reading.run(async () => undefined);
  }

  #tell(rows: readonly AuditRow[]): void {
    if (this.#subscribers.size === 0) return;
    for (const event of rows.map(eventOfRow)) {
      for (const { scope, listener } of this.#subscribers) if (inScope(scope, event)) listener.event(event);
    }
  }

  #startLooking(): void {
    const { pollMs } = this.#deps;
    if (pollMs === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), pollMs);
    this.#look();
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen = undefined;
    this.#heard = undefined;
  }

  /** Many batches may be written while one reading is under way; the next one takes them together. */
  #hearRequests(): void {
    const { requests, onFailure } = this.#deps;
    if (requests === undefined || this.#heard === undefined) return;
    void this.#reading
      .run(async () => {
        if (this.#heard === undefined) return;
        this.#heard = await this.#tellBetween(requests.writer, this.#heard, requests.tail.sequence);
      })
      .catch(onFailure);
  }

  #look(): void {
    this.#looking ??= this.#lookAtOthers()
      .catch(this.#deps.onFailure)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #lookAtOthers(): Promise<void> {
    const { db, chain, requests } = this.#deps;
    const writers = await otherWriters(db, [chain.writer, ...(requests === undefined ? [] : [requests.writer])]);
    const seen = this.#seen;
    if (seen === undefined) {
      const tails = new Map<string, number>();
      for (const writer of writers) tails.set(writer, (await readTail(db, writer)).sequence);
      if (this.#timer !== undefined) this.#seen = tails;
      return;
    }
    for (const writer of writers) {
      const { sequence } = await readTail(db, writer);
      seen.set(writer, await this.#tellBetween(writer, seen.get(writer) ?? 0, sequence));
    }
  }

  /** Tells of the events behind `after` up to `until`, and of too many the last; the answer is `until`. */
  async #tellBetween(writer: string, after: number, until: number): Promise<number> {
    const from = Math.max(after, until - MAX_PER_LOOK);
    if (from > after) for (const { listener } of this.#subscribers) listener.skipped(from - after);
    if (until > from) this.#tell(await rowsBetween(this.#deps.db, writer, from, until));
    return until;
  }
}

async function rowsBetween(db: Kysely<Schema>, writer: string, after: number, until: number): Promise<AuditRow[]> {
  const rows = await db
    .selectFrom("audit_events")
    .selectAll()
    .where("writer", "=", writer)
    .where("sequence", ">", after)
    .where("sequence", "<=", until)
    .orderBy("sequence")
    .execute();
  return rows.map(rowFromDatabase);
}
