import { currentGrant } from "../control/worker/current-grant.ts";
import { TaskWorker } from "../control/worker/task-worker.ts";
import { DISPATCH_WORKER } from "../control/worker/worker.ts";
import type { AppError } from "../core/app-error.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { GatewayMetrics } from "../gateway/metrics/gateway-metrics.ts";
import type { Engine } from "../store/engine.ts";
import { TASK_CHANNEL } from "./open-task-queue.ts";
import type { Control } from "./start-control.ts";
import { keepResultsIn } from "./task-results.ts";

export interface StartWorkerOptions {
  readonly control: Control;
  readonly gateway: Pick<Gateway, "prepareCall">;
  readonly engine: Engine;
  readonly databaseUrl: string;
  /** Where results are kept that are too large for their tasks. */
  readonly taskResults: string;
  readonly metrics: Pick<GatewayMetrics, "taskEnded">;
  readonly onFailure: (error: AppError) => void;
}

export interface RunningWorker {
  /** Tasks that it carries out now. */
  readonly pendingRequests: number;
  /** Takes no more from now on; those that run go on. */
  leave(): void;
  /** Takes no more; those that run after `limitMs` are ended. */
  stop(limitMs: number): Promise<void>;
}

/** How a call that came to nothing waits for its next attempt. */
const BACKOFF = { firstMs: 1000, maxMs: 60_000 };
/** Nobody tells this process of what others queue, where the database is no Postgres. */
const POLL_MS = { sqlite: 1000, mysql: 200, postgres: 2000 };

/** Carries tasks out by this process's gateway. */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { control, gateway, engine, databaseUrl, taskResults, metrics, onFailure } = options;
  const { clock, ids, bindings, stores, queue: open } = control;
  const { queued, queue, workers, listeners, settings } = open;
  const grants = { tokens: stores.tokens, accounts: stores.accounts, bindings, clock };
  const worker = new TaskWorker({
    tasks: queued,
    queue,
    calls: { prepare: (call) => gateway.prepareCall(call) },
    grantNow: (then) => currentGrant(grants, then),
    keepResult: keepResultsIn(taskResults, onFailure),
    clock,
    ids,
    onEnded: (state, latencyMs) => metrics.taskEnded(state, latencyMs),
    backoff: BACKOFF,
    random: Math.random,
    reportIn: async () => {
      await workers.seen(DISPATCH_WORKER, clock.now());
      return (await workers.byName(DISPATCH_WORKER))?.active === true;
    },
    settings: { concurrency: settings.concurrency, leaseMs: settings.lease_seconds * 1000, pollMs: POLL_MS[engine] },
    onFailure,
  });
  const wake = () => worker.wake();
  listeners.wake = wake;
  listeners.cancel = (taskId) => worker.cancel(taskId);
  listeners.reconsider = () => worker.reconsider();
  listeners.isThere = true;
  const { listenPostgres } = engine === "postgres" ? await import("../store/postgres/listen.ts") : {};
  const told = listenPostgres?.(databaseUrl, TASK_CHANNEL, wake, wake);
  worker.start();
  return {
    get pendingRequests() {
      return worker.running;
    },
    leave: () => worker.leave(),
    async stop(limitMs) {
      listeners.isThere = false;
      await told?.stop();
      await worker.stop(limitMs);
    },
  };
}
