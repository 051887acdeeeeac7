import { Gauge, Histogram, type Registry } from "prom-client";
import { TASK_STATES, type TaskState } from "../../../api/dispatch-task.ts";

/** How many dispatched calls there are in each state. */
export type TaskCounts = Readonly<Record<TaskState, number>>;

/** From a tool that answers at once to an hour. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600];

/** What becomes of dispatched calls: how many there are, asked of the database when the metrics are read, and how long they took. */
export class TaskMetrics {
  readonly #latency: Histogram<"state">;

  constructor(registry: Registry, counts: () => Promise<TaskCounts | undefined>) {
    this.#latency = new Histogram({
      name: "mcpctl_task_latency_seconds",
      help: "From the acceptance of a dispatched call to its end, of those that this process has ended",
      labelNames: ["state"],
      buckets: BUCKETS,
      registers: [registry],
    });
    new Gauge({
      name: "mcpctl_tasks",
      help: "Dispatched calls of the last 24 hours, in this state",
      labelNames: ["state"],
      registers: [registry],
      async collect() {
        const now = await counts().catch(() => undefined);
        this.reset();
        if (now !== undefined) for (const state of TASK_STATES) this.set({ state }, now[state]);
      },
    });
  }

  ended(state: TaskState, latencyMs: number): void {
    this.#latency.observe({ state }, latencyMs / 1000);
  }
}
