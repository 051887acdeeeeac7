import type { ClaimedTask, KnownTask, TaskClaim, TaskLease, TaskOutcome } from "../../api/dispatch-task.ts";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { knownTask, MAX_KEYS_PER_PRINCIPAL, OUTCOME_UNKNOWN, standingOf, taskOf } from "./task.ts";
import type { TaskStore } from "./task-store.ts";

export interface TaskKeeperDeps {
  readonly tasks: TaskStore;
  readonly clock: Clock;
}

/** Expired keys are removed with the first claim after so long. */
const PRUNE_EVERY_MS = 60_000;
/** A key that changes its state more often within one claim is somebody else's. */
const MAX_LOOKS = 10;

/**
 * Keeps the tasks of dispatched calls, for the gateways that carry them out. It carries nothing out itself; that is why a
 * task whose runner is gone is ended here, and never begun again.
 */
export class TaskKeeper {
  readonly #tasks: TaskStore;
  readonly #clock: Clock;
  #pruneAt = 0;

  constructor({ tasks, clock }: TaskKeeperDeps) {
    this.#tasks = tasks;
    this.#clock = clock;
  }

  /** Throws `exhausted`/`TASKS_FULL`. */
  async claim(claim: TaskClaim): Promise<ClaimedTask> {
    await this.#prune();
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const claimed = (await this.#inspect(claim)) ?? (await this.#begin(claim));
      if (claimed !== undefined) return claimed;
    }
    throw new AppError("unavailable", "TASK_CONTENDED", "The key changed hands again and again");
  }

  renew(lease: TaskLease, leaseMs: number): Promise<boolean> {
    return this.#tasks.renew(lease, new Date(this.#clock.now().getTime() + leaseMs));
  }

  /** What is kept of the task now: where it has ended already, how it ended then. */
  async finish(lease: TaskLease, outcome: TaskOutcome): Promise<KnownTask | undefined> {
    await this.#tasks.finish(lease, outcome);
    const task = await this.#tasks.byId(lease.taskId);
    return task?.owner === lease.owner ? knownTask(task) : undefined;
  }

  release(lease: TaskLease): Promise<void> {
    return this.#tasks.release(lease);
  }

  /** Of those who race for a key one inserts the row, and the unique index turns the others away: they look again. */
  async #begin(claim: TaskClaim): Promise<ClaimedTask | undefined> {
    if (await this.#tasks.hasAsMany(claim.principal, MAX_KEYS_PER_PRINCIPAL)) throw tasksFull();
    return (await this.#tasks.insert(taskOf(claim, this.#clock.now()))) ? { kind: "begun" } : undefined;
  }

  /** What the task that has the key means to this claim; undefined where there is none, or another look is needed. */
  async #inspect(claim: TaskClaim): Promise<ClaimedTask | undefined> {
    const task = await this.#tasks.byKey(claim.keyHash);
    if (task === undefined) return undefined;
    const now = this.#clock.now();
    switch (standingOf(task, claim, now)) {
      case "own":
        return { kind: "begun" };
      case "expired":
        await this.#tasks.prune(now);
        return undefined;
      case "conflict":
        return { kind: "conflict" };
      case "lapsed":
        // Where somebody else was quicker, or its runner lives after all, the next look tells.
        if (!(await this.#tasks.lapse(task.taskId, OUTCOME_UNKNOWN, now))) return undefined;
        return { kind: "known", task: knownTask({ ...task, outcome: OUTCOME_UNKNOWN }) };
      case "known":
        return { kind: "known", task: knownTask(task) };
    }
  }

  async #prune(): Promise<void> {
    const now = this.#clock.now();
    if (now.getTime() < this.#pruneAt) return;
    this.#pruneAt = now.getTime() + PRUNE_EVERY_MS;
    await this.#tasks.prune(now);
  }
}

function tasksFull(): AppError {
  return new AppError(
    "exhausted",
    "TASKS_FULL",
    `This caller has ${MAX_KEYS_PER_PRINCIPAL} idempotency keys of the last 24 h, and may have no more`,
    {
      retryAfterSeconds: 60,
    },
  );
}
