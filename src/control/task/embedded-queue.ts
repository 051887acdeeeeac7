import type { TaskQueue } from "./task-queue.ts";
import type { QueuedTasks } from "./task-store.ts";

/** The rows themselves are the queue: one that waits is on offer. */
export function embeddedQueue(tasks: Pick<QueuedTasks, "ready">): TaskQueue {
  return { offer: OFFERED_BY_ITS_ROW, next: (limit, now) => tasks.ready(limit, now) };
}

/** To be told nothing more: the row that waits says it all. */
export const OFFERED_BY_ITS_ROW: TaskQueue["offer"] = async () => {};
