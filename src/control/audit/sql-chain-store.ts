import type { Kysely } from "kysely";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import { readTail } from "./chain-end.ts";
import { auditRowInserter } from "./insert-audit-rows.ts";
import type { ChainStore } from "./request-chain.ts";

/** A chain in any database. Closing it closes the database. */
export function sqlChainStore(db: Kysely<Schema>, writer: string): ChainStore {
  const insert = auditRowInserter(db);
  return {
    tail: () => readTail(db, writer),
    add: (rows) => retryTransaction(db, (tx) => insert(tx, rows)),
    close: () => db.destroy(),
  };
}
