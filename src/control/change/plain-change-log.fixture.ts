import type { Kysely } from "kysely";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import type { Change, ChangeLog } from "./change-log.ts";

/** A change log that keeps what was recorded in `changes` and writes no audit rows: for tests of stores and use cases. */
export function plainChangeLog(db: Kysely<Schema>): ChangeLog & { readonly changes: Change[] } {
  const changes: Change[] = [];
  return {
    changes,
    async commit(write) {
      const { result, change } = await retryTransaction(db, write);
      if (change !== undefined) changes.push(change);
      return result;
    },
  };
}
