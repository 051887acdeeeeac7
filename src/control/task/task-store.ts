import type { TaskLease, TaskOutcome } from "../../api/dispatch-task.ts";
import type { Task } from "./task.ts";

/** Tasks of dispatched calls. Every adapter passes `task-store.contract.ts`. Each step is durable when it resolves. */
export interface TaskStore {
  /** False where a task has this key: of several at once one is told true. */
  insert(task: Task): Promise<boolean>;
  byKey(keyHash: string): Promise<Task | undefined>;
  byId(taskId: string): Promise<Task | undefined>;
  /** True where it runs and is this owner's. */
  renew(lease: TaskLease, leaseUntil: Date): Promise<boolean>;
  /** True where it ran and was this owner's. */
  finish(lease: TaskLease, outcome: TaskOutcome): Promise<boolean>;
  /** Ends a task that runs and whose lease is over by `now`; true where it did. */
  lapse(taskId: string, outcome: TaskOutcome, now: Date): Promise<boolean>;
  /** Removes it where it runs and is this owner's. */
  release(lease: TaskLease): Promise<void>;
  /** Whether the principal has as many as `count`. */
  hasAsMany(principal: string, count: number): Promise<boolean>;
  /** Removes those whose keys are free again at `now`, but what still runs. */
  prune(now: Date): Promise<void>;
}
