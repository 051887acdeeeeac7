import type { Clock } from "../../core/clock.ts";
import type { AuditBatch } from "./audit-batch.ts";
import { type Link, seal } from "./audit-chain.ts";
import type { AuditRow } from "./audit-row.ts";
import { batchRows } from "./batch-rows.ts";

/** Where the chain of one writer is kept. */
export interface ChainStore {
  /** Where the chain ends. */
  tail(): Promise<Link>;
  /** Adds sealed rows in one transaction; durable when it resolves. */
  add(rows: readonly AuditRow[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Puts a batch behind `after`, where its giver knows the chain to end. Resolves with the new end when that is durable.
 * A chain that is further than `after` has the batch from an earlier try, since only one is written at a time; then nothing is written.
 */
export type AppendBatch = (after: Link, batch: AuditBatch) => Promise<Link>;

export interface RequestChainDeps {
  readonly store: ChainStore;
  readonly writer: string;
  readonly clock: Clock;
}

/** A chain that holds events of requests and nothing else. Whoever has it is the only one who adds to it; one batch at a time. */
export class RequestChain {
  readonly #deps: RequestChainDeps;
  /** Undefined while it is not known: at the start, and after a failure, which may have come behind the commit. */
  #tail: Link | undefined;

  constructor(deps: RequestChainDeps) {
    this.#deps = deps;
  }

  readonly append: AppendBatch = async (after, batch) => {
    const { store, writer, clock } = this.#deps;
    const tail = this.#tail ?? (await store.tail());
    this.#tail = undefined;
    const written = tail.sequence > after.sequence;
    const rows = written ? [] : seal(writer, tail, batchRows(batch, clock));
    if (rows.length > 0) await store.add(rows);
    const last = rows.at(-1);
    this.#tail = last === undefined ? tail : { sequence: last.sequence, hash: last.hash };
    return this.#tail;
  };
}
