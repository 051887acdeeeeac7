import type { Kysely } from "kysely";
import { PgBoss } from "pg-boss";
import { TASK_PRIORITIES } from "../../../api/dispatch-task.ts";
import { AppError, toAppError } from "../../../core/app-error.ts";
import type { Schema } from "../../../store/schema.ts";
import type { TaskOffer, TaskQueue } from "../task-queue.ts";
import type { QueuedTasks } from "../task-store.ts";

export interface PgbossQueueOptions {
  readonly db: Kysely<Schema>;
  readonly tasks: Pick<QueuedTasks, "ready">;
  readonly onFailure: (error: AppError) => void;
}

/** A queue of pg-boss, which may not be there yet. */
export interface PgbossQueue extends TaskQueue {
  /** Resolves when it takes jobs; throws where it cannot. Another call tries again. */
  open(): Promise<void>;
  close(): Promise<void>;
}

const QUEUE = "mcpctl_dispatch";
const SCHEMA = "mcpctl_pgboss";
/** A job that is done has nothing more to say. */
const KEPT_SECONDS = 3600;
/** pg-boss was asked in vain so long ago: it is asked again. */
const REOPEN_AFTER_MS = 5000;
/** A task that should have been taken so long ago has lost its job. */
const STRAY_AFTER_MS = 10_000;
/** Within a lane there is room for so many turns. */
const TURNS_PER_LANE = 500_000_000;

interface Job {
  readonly taskId: string;
}

/** Jobs of pg-boss in the same Postgres, written in the same transaction as their tasks. It has no connections of its own. */
export function pgbossQueue({ db, tasks, onFailure }: PgbossQueueOptions): PgbossQueue {
  let opened: Promise<PgBoss> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  const begin = async (): Promise<PgBoss> => {
    const boss = new PgBoss({ db: connectionOf(db), schema: SCHEMA, schedule: false });
    boss.on("error", (thrown) => onFailure(toAppError(thrown)));
    await boss.start();
    await boss.createQueue(QUEUE, { retryLimit: 0, deleteAfterSeconds: KEPT_SECONDS });
    return boss;
  };
  const open = (): Promise<PgBoss> => {
    if (opened === undefined && performance.now() - failedAt < REOPEN_AFTER_MS) return Promise.reject(notThere());
    opened ??= begin().catch((thrown: unknown) => {
      opened = undefined;
      failedAt = performance.now();
      onFailure(toAppError(thrown));
      throw notThere(thrown);
    });
    return opened;
  };
  return {
    async open() {
      await open();
    },
    async offer(tx, offers) {
      const boss = await open();
      const jobs = offers.map((offer) => ({
        data: { taskId: offer.taskId } satisfies Job,
        priority: priorityOf(offer),
        startAfter: offer.runAt,
      }));
      await boss.insert(QUEUE, jobs, { db: connectionOf(tx) });
    },
    async next(limit, now) {
      const boss = await open();
      const fetched = await boss.fetch<Job>(QUEUE, { batchSize: limit, includeMetadata: true });
      // The first are fetched, in any order.
      const jobs = fetched.sort((a, b) => b.priority - a.priority || a.createdOn.getTime() - b.createdOn.getTime());
      const told = jobs.map(({ data }) => data.taskId);
      // From here on the task's row says what becomes of it.
      if (jobs.length > 0)
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
      if (told.length === limit) return told;
      const strays = await tasks.ready(limit - told.length, new Date(now.getTime() - STRAY_AFTER_MS));
      return [...new Set([...told, ...strays])];
    },
    async close() {
      const boss = await opened?.catch(() => undefined);
      await boss?.stop({ graceful: false });
    },
  };
}

/** The highest is fetched first. */
function priorityOf({ lane, turn }: TaskOffer): number {
  return (TASK_PRIORITIES.length - lane) * TURNS_PER_LANE - Math.min(turn, TURNS_PER_LANE - 1);
}

/** pg-boss by our own connections, or within a transaction of ours. */
function connectionOf(db: Kysely<Schema>) {
  return {
    async executeSql(sql: string, parameters: unknown[] = []) {
      const { rows } = await db.executeQuery({
        sql,
        parameters,
        query: { kind: "RawNode", sqlFragments: [sql], parameters: [] },
        queryId: { queryId: "pgboss" },
      });
      return { rows: [...rows] };
    },
  };
}

function notThere(cause?: unknown): AppError {
  return new AppError("unavailable", "QUEUE_UNAVAILABLE", "pg-boss is not there", { cause });
}
