import type { Kysely } from "kysely";
import type { AuditEvent } from "../../api/audit-event.ts";
import type { Schema } from "../../store/schema.ts";
import { type AuditScope, inScope } from "./audit-filter.ts";
import { type AuditRow, eventOfRow, rowFromDatabase } from "./audit-row.ts";
import { otherWriters } from "./audit-writers.ts";
import { readTail } from "./chain-end.ts";
import type { SqlAuditChain } from "./sql-audit-chain.ts";

export interface TailListener {
  readonly event: (event: AuditEvent) => void;
  /** So many events, of which some may have been in the scope, are not going to be heard of. */
  readonly skipped: (count: number) => void;
}

export interface AuditTailDeps {
  readonly db: Kysely<Schema>;
  readonly chain: SqlAuditChain;
  /** How often other writers are looked at, in milliseconds; undefined where there are none on this database. */
  readonly pollMs: number | undefined;
  readonly onFailure: (thrown: unknown) => void;
}

/** Events of one writer that one look reads at most; what a busier writer had before is skipped. */
const MAX_PER_LOOK = 1000;

/** Events as they are committed: those of this process at once, those of other writers a moment later. */
export class AuditTail {
  readonly #deps: AuditTailDeps;
  readonly #subscribers = new Set<{ readonly scope: AuditScope; readonly listener: TailListener }>();
  readonly #forgetChain: () => void;
  /** The last sequence of each other writer that was looked at; undefined while nobody listens. */
  #seen: Map<string, number> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: AuditTailDeps) {
    this.#deps = deps;
    this.#forgetChain = deps.chain.onAppend((rows) => this.#tell(rows));
  }

  /** Calls `listener` for every event in the scope from now on; it must be quick and must not throw. The answer ends it. */
  subscribe(scope: AuditScope, listener: TailListener): () => void {
    const subscriber = { scope, listener };
    this.#subscribers.add(subscriber);
    this.#startLooking();
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#stopLooking();
    };
  }

  async close(): Promise<void> {
    this.#forgetChain();
    this.#subscribers.clear();
    this.#stopLooking();
    await this.#looking;
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
  }

  #look(): void {
    this.#looking ??= this.#lookAtOthers()
      .catch(this.#deps.onFailure)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #lookAtOthers(): Promise<void> {
    const { db, chain } = this.#deps;
    const writers = await otherWriters(db, chain.writer);
    const seen = this.#seen;
    if (seen === undefined) {
      const tails = new Map<string, number>();
      for (const writer of writers) tails.set(writer, (await readTail(db, writer)).sequence);
      if (this.#timer !== undefined) this.#seen = tails;
      return;
    }
    for (const writer of writers) {
      const after = seen.get(writer) ?? 0;
      const { sequence } = await readTail(db, writer);
      const from = Math.max(after, sequence - MAX_PER_LOOK);
      if (from > after) for (const { listener } of this.#subscribers) listener.skipped(from - after);
      if (sequence > from) this.#tell(await rowsBetween(db, writer, from, sequence));
      seen.set(writer, sequence);
    }
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
