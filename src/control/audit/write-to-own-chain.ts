import type { Clock } from "../../core/clock.ts";
import type { AuditBatch, WriteBatch } from "./audit-batch.ts";
import { batchRows } from "./batch-rows.ts";
import type { SqlAuditChain } from "./sql-audit-chain.ts";

/** Batches in the chain that changes go to as well: one connection, one thread. */
export function writeToOwnChain(chain: SqlAuditChain, clock: Clock): WriteBatch {
  /** The hash of a batch's last row, where a try has got so far. */
  const lastHash = new WeakMap<AuditBatch, string>();
  return (batch) =>
    chain.transact(async (_, append, tail) => {
      if (lastHash.get(batch) === tail.hash) return;
      const last = (await append(batchRows(batch, clock))).at(-1);
      if (last !== undefined) lastHash.set(batch, last.hash);
    });
}
