import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { type Link, seal } from "./audit-chain.ts";
import type { AuditRow, LooseRow } from "./audit-row.ts";
import { readTail } from "./chain-end.ts";
import { auditRowInserter } from "./insert-audit-rows.ts";
import { OneAtATime } from "./one-at-a-time.ts";

/** Puts rows behind the chain within the transaction that is under way, and gives them with their places. */
export type Append = (rows: readonly LooseRow[]) => Promise<readonly AuditRow[]>;

export type AppendListener = (rows: readonly AuditRow[], tail: Link) => void;

/** Runs a transaction, and again where the database asks for it (a deadlock). */
export type RunTransaction = <T>(run: (tx: Transaction<Schema>) => Promise<T>) => Promise<T>;

export interface AuditChainDeps {
  readonly db: Kysely<Schema>;
  readonly transaction: RunTransaction;
  readonly writer: string;
  readonly tail: Link;
}

/**
 * This process's chain. Nobody else writes to it, so its tail is known without asking; one transaction at a time
 * appends, and the tail moves when that is committed and not before.
 *
 * After a failure the tail is read anew: a connection may be lost after the database has committed.
 */
export class SqlAuditChain {
  readonly writer: string;
  readonly #deps: AuditChainDeps;
  readonly #insert: ReturnType<typeof auditRowInserter>;
  readonly #turns = new OneAtATime();
  readonly #listeners = new Set<AppendListener>();
  #tail: Link | undefined;

  constructor(deps: AuditChainDeps) {
    this.#deps = deps;
    this.writer = deps.writer;
    this.#tail = deps.tail;
    this.#insert = auditRowInserter(deps.db);
  }

  /** The last event that is known to be committed; undefined after a failure, until the next transaction. */
  get tail(): Link | undefined {
    return this.#tail;
  }

  /** Calls `listener` with what was appended, in order, once it is committed. It must not throw. */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs one transaction: `run` may append, and what it appends commits with all it does. `run` does nothing but SQL,
   * since it may run again; `tail` is where the chain ends before it. `committed` is called before any later transaction.
   */
  transact<T>(run: (tx: Transaction<Schema>, append: Append, tail: Link) => Promise<T>, committed?: (result: T) => void): Promise<T> {
    return this.#turns.run(async () => {
      const tail = this.#tail ?? (await readTail(this.#deps.db, this.writer));
      this.#tail = undefined;
      const { result, rows } = await this.#deps.transaction(async (tx) => {
        const sealed: AuditRow[] = [];
        const append: Append = async (loose) => {
          const added = seal(this.writer, sealed.at(-1) ?? tail, loose);
          await this.#insert(tx, added);
          sealed.push(...added);
          return added;
        };
        return { result: await run(tx, append, tail), rows: sealed };
      });
      this.#advance(rows, tail);
      committed?.(result);
      return result;
    });
  }

  #advance(rows: readonly AuditRow[], tail: Link): void {
    const last = rows.at(-1);
    this.#tail = last === undefined ? tail : { sequence: last.sequence, hash: last.hash };
    if (last === undefined) return;
    for (const listener of this.#listeners) listener(rows, this.#tail);
  }
}
