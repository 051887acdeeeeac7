import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { embeddedQueue, OFFERED_BY_ITS_ROW } from "../control/task/embedded-queue.ts";
import type { PgbossQueue } from "../control/task/pgboss/pgboss-queue.ts";
import { sqlQueuedTasks } from "../control/task/sql-queued-tasks.ts";
import { sqlTaskStore } from "../control/task/sql-task-store.ts";
import { type QueueSettings, TaskKeeper } from "../control/task/task-keeper.ts";
import type { TaskQueue } from "../control/task/task-queue.ts";
import { sqlWorkerStore } from "../control/worker/sql-worker-store.ts";
import { DISPATCH_WORKER, dispatchWorker } from "../control/worker/worker.ts";
import type { WorkerStore } from "../control/worker/worker-store.ts";
import { AppError } from "../core/app-error.ts";
import type { Clock } from "../core/clock.ts";
import { VERSION } from "../core/version.ts";
import type { Engine } from "../store/engine.ts";
import { notify } from "../store/notify.ts";
import type { Schema } from "../store/schema.ts";
import type { Config } from "./config-file.ts";
import { logFailure } from "./log-failure.ts";

export interface TaskQueueOptions {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  readonly databaseUrl: string;
  readonly settings: Config["queue"];
  readonly clock: Clock;
  readonly log: Logger;
}

export type OpenTaskQueue = Awaited<ReturnType<typeof openTaskQueue>>;

/** Tells workers in other processes that there is a task. */
export const TASK_CHANNEL = "mcpctl_tasks";

/** A worker that has not said for so long that it lives does not. */
const WORKER_GONE_MS = 60_000;

/** Who hears of tasks in this process. */
interface Listeners {
  wake: () => void;
  cancel: (taskId: string) => void;
  /** Whether it is switched on may have changed. */
  reconsider: () => Promise<void>;
  /** Whether a worker runs here. */
  isThere: boolean;
}

/** The tasks of an installation, how they wait, and who carries them out. */
export async function openTaskQueue(options: TaskQueueOptions) {
  const { db, settings, clock, log } = options;
  const listeners: Listeners = { wake: () => {}, cancel: () => {}, reconsider: async () => {}, isThere: false };
  const pgboss = await openPgboss(options);
  const offer: TaskQueue["offer"] = async (tx, offers) => {
    await (pgboss?.offer ?? OFFERED_BY_ITS_ROW)(tx, offers);
    await notify(tx, TASK_CHANNEL, "");
  };
  const queued = sqlQueuedTasks(db, { offer });
  const queue: TaskQueue = { ...(pgboss ?? embeddedQueue(queued)), offer };
  const tasks = sqlTaskStore(db, queue);
  const rows = sqlWorkerStore(db);
  const workers: WorkerStore = {
    ...rows,
    async setActive(...change) {
      const changed = await rows.setActive(...change);
      await listeners.reconsider();
      return changed;
    },
  };
  const definitions = [dispatchWorker(VERSION)];
  const isServed = async () => {
    if (listeners.isThere) return true;
    const seenAt = (await workers.byName(DISPATCH_WORKER))?.seenAt;
    return seenAt !== undefined && clock.now().getTime() - seenAt.getTime() < WORKER_GONE_MS;
  };
  const how: QueueSettings = {
    terms: { maxAttempts: settings.attempts, ttlMs: settings.ttl_seconds * 1000 },
    failover: settings.failover,
    isServed,
    onQueued: () => listeners.wake(),
    onCanceled: (taskId) => listeners.cancel(taskId),
    onFailover: (error) => log.warn({ reason: error.reason, failover: settings.failover }, error.message),
  };
  return {
    keeper: new TaskKeeper({ tasks, clock, queue: settings.driver === "sync" ? undefined : how }),
    tasks,
    queued,
    queue,
    workers,
    definitions,
    listeners,
    settings,
    /** Registers this build's worker; one that is switched off stays so. */
    async register(): Promise<void> {
      await workers.sync(definitions, clock.now());
    },
    async close(): Promise<void> {
      await pgboss?.close();
    },
  };
}

/**
 * pg-boss, where it is the driver; it is loaded only there. One that cannot be opened now is tried again with the next task.
 * Throws `invalid`/`QUEUE_DRIVER_UNUSABLE` for a database that is no Postgres.
 */
async function openPgboss({ db, engine, settings, log }: TaskQueueOptions): Promise<PgbossQueue | undefined> {
  if (settings.driver !== "pgboss") return undefined;
  if (engine !== "postgres") {
    throw new AppError("invalid", "QUEUE_DRIVER_UNUSABLE", `queue.driver "pgboss" needs Postgres, and the database is ${engine}`, {
      hint: 'set queue.driver to "embedded", which every database has',
    });
  }
  const { pgbossQueue } = await import("../control/task/pgboss/pgboss-queue.ts");
  const onFailure = logFailure(log);
  const queue = pgbossQueue({ db, tasks: sqlQueuedTasks(db), onFailure });
  await queue.open().catch(onFailure);
  return queue;
}
