import type { Kysely, Transaction } from "kysely";
import { backoffMs } from "../core/backoff.ts";
import type { Schema } from "./schema.ts";

/** How a transaction waits before it runs again; tests bring their own. */
export interface RetryTiming {
  wait(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

const MAX_RUNS = 8;
const BACKOFF = { firstMs: 10, maxMs: 500 };
const TIMING: RetryTiming = { wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), random: Math.random };

/**
 * What a database says when it has given up a transaction for the sake of others, so that the same one may succeed now:
 * serialization failure and deadlock (Postgres), deadlock and lock wait timeout (MySQL), a file that stayed locked (SQLite).
 */
const CONFLICTS: ReadonlySet<unknown> = new Set([
  "40001",
  "40P01",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "SQLITE_BUSY",
  "SQLITE_BUSY_SNAPSHOT",
]);

/**
 * Runs a transaction, and runs it again where the database gave it up for another: at most eight times in all, with
 * growing pauses of random length. Any other error, a lost connection among them, is thrown at once: whether that
 * commit happened nobody knows. `run` does nothing but SQL, since it may happen several times.
 */
export async function retryTransaction<T>(
  db: Kysely<Schema>,
  run: (tx: Transaction<Schema>) => Promise<T>,
  timing: RetryTiming = TIMING,
): Promise<T> {
  for (let runs = 1; ; runs++) {
    try {
      return await db.transaction().execute(run);
    } catch (thrown) {
      if (runs === MAX_RUNS || !isConflict(thrown)) throw thrown;
      await timing.wait(backoffMs(BACKOFF, runs, timing.random()));
    }
  }
}

function isConflict(thrown: unknown): boolean {
  return CONFLICTS.has((thrown as { code?: unknown } | null)?.code);
}
