import type { Kysely } from "kysely";
import type { TaskClaim } from "../../src/api/dispatch-task.ts";
import { embeddedQueue } from "../../src/control/task/embedded-queue.ts";
import { type PgbossQueue, pgbossQueue } from "../../src/control/task/pgboss/pgboss-queue.ts";
import { sqlQueuedTasks } from "../../src/control/task/sql-queued-tasks.ts";
import { sqlTaskStore } from "../../src/control/task/sql-task-store.ts";
import { TaskKeeper } from "../../src/control/task/task-keeper.ts";
import { TaskWorker } from "../../src/control/worker/task-worker.ts";
import { systemClock } from "../../src/core/clock.ts";
import { randomIds } from "../../src/core/ids.ts";
import { dispatchHashes } from "../../src/gateway/dispatch/dispatch-hashes.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open-database.ts";
import type { Schema } from "../../src/store/schema.ts";

export type Driver = "embedded" | "pgboss";

/** Callers that take turns; one has at most 10,000 keys. */
const CALLERS = 500;
const fail = (error: Error) => {
  throw error;
};

/** The keeper and the worker of tasks over one database, as mcpd joins them, with a call that does nothing. */
export class TaskBench {
  readonly #db: Kysely<Schema>;
  readonly #pgboss: PgbossQueue | undefined;
  readonly #keeper: TaskKeeper;
  readonly #worker: TaskWorker;
  #calls = 0;
  /** When each task was begun. */
  readonly #begun = new Map<string, () => void>();

  static async open(url: string, driver: Driver): Promise<TaskBench> {
    const { db } = await openDatabase(url);
    await migrateToLatest(db);
    const pgboss = driver === "pgboss" ? pgbossQueue({ db, tasks: sqlQueuedTasks(db), onFailure: fail }) : undefined;
    await pgboss?.open();
    return new TaskBench(db, pgboss);
  }

  private constructor(db: Kysely<Schema>, pgboss: PgbossQueue | undefined) {
    this.#db = db;
    this.#pgboss = pgboss;
    const queue = pgboss ?? embeddedQueue(sqlQueuedTasks(db));
    const terms = { maxAttempts: 3, ttlMs: 3_600_000 };
    const onQueued = () => this.#worker.wake();
    const settings = { terms, failover: "fail", isServed: async () => true, onQueued, onCanceled: () => {}, onFailover: fail } as const;
    this.#keeper = new TaskKeeper({ tasks: sqlTaskStore(db, queue), clock: systemClock, queue: settings });
    this.#worker = new TaskWorker({
      tasks: sqlQueuedTasks(db, queue),
      queue,
      calls: {
        prepare: ({ taskId }) => ({
          kind: "prepared",
          repeatable: false,
          carryOut: async () => {
            this.#begun.get(taskId)?.();
            return { kind: "ended", outcome: { state: "finished", text: "{}" } };
          },
        }),
      },
      grantNow: async (grant) => grant,
      keepResult: async () => undefined,
      clock: systemClock,
      ids: randomIds,
      backoff: { firstMs: 1000, maxMs: 1000 },
      random: Math.random,
      reportIn: async () => true,
      onEnded: () => {},
      settings: { concurrency: 16, leaseMs: 30_000, pollMs: 1000 },
      onFailure: fail,
    });
  }

  /** With so many clients, each of which sends its next call when its last one is accepted. No worker runs. */
  async acceptedPerSecond(clients: number, ms: number): Promise<number> {
    const start = performance.now();
    let accepted = 0;
    const client = async () => {
      while (performance.now() - start < ms) {
        await this.#accept();
        accepted += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return accepted / ((performance.now() - start) / 1000);
  }

  /** The middle one of `samples` times from the moment a call is accepted until it is made, one after the other. */
  async idleLatencyMs(samples: number): Promise<number> {
    this.#worker.start();
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const begun = Promise.withResolvers<number>();
      const taskId = randomIds.next("tsk");
      this.#begun.set(taskId, () => begun.resolve(performance.now()));
      await this.#accept(taskId);
      const accepted = performance.now();
      times.push(Math.max(0, (await begun.promise) - accepted));
      this.#begun.delete(taskId);
    }
    return times.sort((a, b) => a - b)[samples >> 1] ?? Number.NaN;
  }

  async empty(): Promise<void> {
    await this.#db.deleteFrom("dispatch_tasks").execute();
  }

  async close(): Promise<void> {
    await this.#worker.stop(0);
    await this.#pgboss?.close();
    await this.#db.destroy();
  }

  async #accept(taskId: string = randomIds.next("tsk")): Promise<void> {
    this.#calls += 1;
    const { kind } = await this.#keeper.claim(claimOf(taskId, `token:${this.#calls % CALLERS}`));
    if (kind !== "queued") throw new Error(`a call was not queued but ${kind}, so its speed means nothing`);
  }
}

function claimOf(taskId: string, principal: string): TaskClaim {
  const params = { name: "evo.content.search", arguments: { limit: 1 } };
  const identity = { principal, target: "server:srv_1", idempotencyKey: taskId, method: "tools/call", params };
  const grant = { principal: { kind: "system", id: "bench" } as const, bindings: [], scopes: [] };
  const place = { project: "demo", server: "content", tool: params.name, priority: "normal" } as const;
  const later = { params: JSON.stringify(params), grant, ...place };
  const { params: _, ...about } = identity;
  return { taskId, owner: randomIds.next("own"), ...dispatchHashes(identity), ...about, traceId: taskId, leaseMs: 30_000, later };
}
