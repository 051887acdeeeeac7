import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";

/** A task that may be taken from `runAt` on, and where it stands among the others. */
export interface TaskOffer {
  readonly taskId: string;
  /** 0 is taken first. */
  readonly lane: number;
  /** Within its lane the smaller one is taken first. */
  readonly turn: number;
  readonly runAt: Date;
}

/**
 * What brings tasks to workers. It only says which may be worth taking: the task's own row decides, so that one that is
 * told twice runs once, and one that is never told is found by its row. Every adapter passes `task-queue.contract.ts`.
 */
export interface TaskQueue {
  /** Part of the transaction that makes the tasks wait. Throws where it takes none; nothing is kept then. */
  offer(tx: Kysely<Schema>, offers: readonly TaskOffer[]): Promise<void>;
  /** Ids of tasks that may be taken at `now`, in the order in which they are to be, at most `limit`. */
  next(limit: number, now: Date): Promise<readonly string[]>;
}
