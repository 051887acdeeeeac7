import type { OwnTask, TaskLease, TaskOutcome, TaskProgress, TaskQuery, TaskState } from "../../api/dispatch-task.ts";
import type { Task } from "./task.ts";

/** Tasks of dispatched calls. Every adapter passes `task-store.contract.ts`. Each step is durable when it resolves. */
export interface TaskStore extends OwnTasks {
  /**
   * False where a task has this key: of several at once one is told true. One that waits is offered to the queue in the
   * same transaction; throws `unavailable`/`QUEUE_UNAVAILABLE` where that takes none, and nothing is kept.
   */
  insert(task: Task): Promise<boolean>;
  byKey(keyHash: string): Promise<Task | undefined>;
  byId(taskId: string): Promise<Task | undefined>;
  /** True where it is prepared or runs, and is this owner's. */
  renew(lease: TaskLease, leaseUntil: Date): Promise<boolean>;
  /** True where it was prepared or ran, and was this owner's. */
  finish(lease: TaskLease, outcome: TaskOutcome, now: Date): Promise<boolean>;
  /** Ends a task that is prepared or runs and whose lease is over by `now`; true where it did. */
  lapse(taskId: string, outcome: TaskOutcome, now: Date): Promise<boolean>;
  /** Removes it where it runs and is this owner's. */
  release(lease: TaskLease): Promise<void>;
  /** Whether the principal has as many as `count`. */
  hasAsMany(principal: string, count: number): Promise<boolean>;
  /** Removes those whose keys are free again at `now`, but what still runs or waits. */
  prune(now: Date): Promise<void>;
}

/** What workers do with tasks that wait. Every adapter passes `queued-tasks.contract.ts`. */
export interface QueuedTasks {
  byId(taskId: string): Promise<Task | undefined>;
  renew(lease: TaskLease, leaseUntil: Date): Promise<boolean>;
  finish(lease: TaskLease, outcome: TaskOutcome, now: Date): Promise<boolean>;
  lapse(taskId: string, outcome: TaskOutcome, now: Date): Promise<boolean>;
  /** Ids of those that may be taken now, in the order in which they are to be: lane by lane, the principals by turns. */
  ready(limit: number, now: Date): Promise<readonly string[]>;
  /** queued → preparing; undefined where it is not there to be taken: of several takers one gets it. */
  take(lease: TaskLease, leaseUntil: Date, now: Date): Promise<Task | undefined>;
  /** preparing → running, noted before its server hears of it. False where it is not this owner's to begin. */
  begin(lease: TaskLease, repeatable: boolean, now: Date): Promise<boolean>;
  /** Puts it back, to be taken at `runAt`; false where it is not this owner's. */
  putBack(lease: TaskLease, retry: TaskRetry, now: Date): Promise<boolean>;
  /** Keeps how far it is; false where it is not this owner's. */
  note(lease: TaskLease, progress: TaskProgress, now: Date): Promise<boolean>;
  /** Those of the queue whose lease is over. */
  lost(limit: number, now: Date): Promise<readonly Task[]>;
  /** Puts one back whose lease is over by `now`. */
  putBackLost(taskId: string, now: Date): Promise<boolean>;
  /** Ends those that have waited for too long; how many. */
  expire(outcome: TaskOutcome, now: Date): Promise<number>;
}

export interface TaskRetry {
  readonly runAt: Date;
  /** JSON text of what the attempt came to. */
  readonly lastError: string;
}

/** What their owners see of tasks, and take back. */
export interface OwnTasks {
  list(query: TaskQuery): Promise<readonly Task[]>;
  find(own: OwnTask): Promise<Task | undefined>;
  /** Ends one that waits or is prepared; false where none does. */
  cancelWaiting(taskId: string, outcome: TaskOutcome, now: Date): Promise<boolean>;
  /** Notes that one that runs is to be aborted. */
  askToCancel(taskId: string, now: Date): Promise<boolean>;
}

/** How many tasks there are in each state. */
export interface TaskCounts {
  counts(): Promise<Readonly<Record<TaskState, number>>>;
}
