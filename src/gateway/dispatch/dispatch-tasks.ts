import type {
  ClaimedTask,
  FoundTask,
  KnownTask,
  OwnTask,
  TaskClaim,
  TaskLease,
  TaskOutcome,
  TaskQuery,
  TaskView,
} from "../../api/dispatch-task.ts";

/**
 * The tasks of dispatched calls, kept where all gateways of an installation see them. Everything is durable when it
 * resolves. All of it throws where it cannot be asked.
 */
export interface DispatchTasks {
  /**
   * Of claimants of one key, however many come at once, one begins. Claiming again with the same lease begins
   * again. Throws `exhausted`/`TASKS_FULL` where the principal has too many keys.
   */
  claim(claim: TaskClaim): Promise<ClaimedTask>;
  /** Keeps the lease for another `leaseMs`; false where the task is not this owner's to carry out any more. */
  renew(lease: TaskLease, leaseMs: number): Promise<boolean>;
  /** Ends the task, unless it has ended. Gives what is kept of it now, undefined where there is no such task. */
  finish(lease: TaskLease, outcome: TaskOutcome): Promise<KnownTask | undefined>;
  /** Gives the key free: nothing was carried out under it. */
  release(lease: TaskLease): Promise<void>;
  /** A principal's own tasks, the newest first, without what came of them. */
  list(query: TaskQuery): Promise<readonly TaskView[]>;
  find(own: OwnTask): Promise<FoundTask | undefined>;
  /** Takes back one that waits, and has one that runs ended. Gives the task as it is then; undefined where there is none. */
  cancel(own: OwnTask): Promise<FoundTask | undefined>;
}
