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
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import {
  knownTask,
  MAX_KEYS_PER_PRINCIPAL,
  OUTCOME_UNKNOWN,
  type QueueTerms,
  queuedTaskOf,
  standingOf,
  TASK_CANCELED,
  type Task,
  taskOf,
} from "./task.ts";
import type { TaskReader } from "./task-reader.ts";
import type { TaskStore } from "./task-store.ts";
import { taskView } from "./task-view.ts";

export interface TaskKeeperDeps {
  readonly tasks: TaskStore;
  readonly clock: Clock;
  /** Undefined: every call is carried out while its request waits. */
  readonly queue?: QueueSettings | undefined;
}

export interface QueueSettings {
  readonly terms: QueueTerms;
  /** What becomes of a call that cannot be queued: its request waits for it, or is refused. */
  readonly failover: "sync" | "fail";
  /** Whether there is anybody to carry tasks out. */
  readonly isServed: () => Promise<boolean>;
  /** There is one more. Never throws. */
  readonly onQueued: () => void;
  readonly onFailover: (cause: AppError) => void;
  /** One that runs is to be ended. Never throws. */
  readonly onCanceled: (taskId: string) => void;
}

/** Expired keys are removed with the first claim after so long. */
const PRUNE_EVERY_MS = 60_000;
/** Keys that are made on one look at how many there are. */
const ROOM = 100;
/** A key that changes its state more often within one claim is somebody else's. */
const MAX_LOOKS = 10;

/**
 * Keeps the tasks of dispatched calls. It carries nothing out itself: a task waits for a worker, or belongs to the gateway
 * that has its request. Of the latter one whose runner is gone is ended here, and never begun again.
 */
export class TaskKeeper implements TaskReader {
  readonly #tasks: TaskStore;
  readonly #clock: Clock;
  readonly #queue: QueueSettings | undefined;
  /** Keys that each principal may still have for sure, as far as this process has looked in the last minute. */
  readonly #room = new Map<string, number>();
  #pruneAt = 0;

  constructor({ tasks, clock, queue }: TaskKeeperDeps) {
    this.#tasks = tasks;
    this.#clock = clock;
    this.#queue = queue;
  }

  /** Throws `exhausted`/`TASKS_FULL`, and `unavailable`/`QUEUE_UNAVAILABLE` where it can neither be queued nor is to be carried out at once. */
  async claim(claim: TaskClaim): Promise<ClaimedTask> {
    await this.#prune();
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const claimed = (await this.#begin(claim)) ?? (await this.#inspect(claim));
      if (claimed !== undefined) return claimed;
    }
    throw new AppError("unavailable", "TASK_CONTENDED", "The key changed hands again and again");
  }

  renew(lease: TaskLease, leaseMs: number): Promise<boolean> {
    return this.#tasks.renew(lease, new Date(this.#clock.now().getTime() + leaseMs));
  }

  /** What is kept of the task now: where it has ended already, how it ended then. */
  async finish(lease: TaskLease, outcome: TaskOutcome): Promise<KnownTask | undefined> {
    await this.#tasks.finish(lease, outcome, this.#clock.now());
    const task = await this.#tasks.byId(lease.taskId);
    return task?.owner === lease.owner ? knownTask(task) : undefined;
  }

  release(lease: TaskLease): Promise<void> {
    return this.#tasks.release(lease);
  }

  async list(query: TaskQuery): Promise<readonly TaskView[]> {
    return (await this.#tasks.list(query)).map(taskView);
  }

  async find(own: OwnTask): Promise<FoundTask | undefined> {
    const task = await this.#tasks.find(own);
    if (task === undefined || !isLost(task, this.#clock.now())) return task && foundTask(task);
    // Where its runner lives after all, or was quicker, the next look tells.
    await this.#tasks.lapse(task.taskId, OUTCOME_UNKNOWN, this.#clock.now());
    const now = await this.#tasks.find(own);
    return now && foundTask(now);
  }

  async cancel(own: OwnTask): Promise<FoundTask | undefined> {
    const task = await this.#tasks.find(own);
    if (task === undefined || task.outcome !== undefined) return task && foundTask(task);
    const now = this.#clock.now();
    // Between the two looks a worker may have begun it.
    const isOver = await this.#tasks.cancelWaiting(task.taskId, TASK_CANCELED, now);
    if (!isOver && (await this.#tasks.askToCancel(task.taskId, now))) this.#queue?.onCanceled(task.taskId);
    return this.find(own);
  }

  /**
   * Of those who race for a key one inserts the row, and the unique index turns the others away: they look what is there.
   * So does one who can begin nothing now, since what was begun before is told all the same.
   */
  async #begin(claim: TaskClaim): Promise<ClaimedTask | undefined> {
    try {
      return await this.#insert(claim);
    } catch (thrown) {
      const known = await this.#inspect(claim);
      if (known === undefined) throw thrown;
      return known;
    }
  }

  async #insert(claim: TaskClaim): Promise<ClaimedTask | undefined> {
    await this.#requireRoom(claim.principal);
    const queued = await this.#enqueue(claim);
    if (queued !== "not queued") return queued ? { kind: "queued" } : undefined;
    return (await this.#tasks.insert(taskOf(claim, this.#clock.now()))) ? { kind: "begun" } : undefined;
  }

  /** The table is not asked with each claim: who has room for many may make so many without another look. Throws `exhausted`/`TASKS_FULL`. */
  async #requireRoom(principal: string): Promise<void> {
    const room = this.#room.get(principal) ?? 0;
    if (room > 0) this.#room.set(principal, room - 1);
    else if (!(await this.#tasks.hasAsMany(principal, MAX_KEYS_PER_PRINCIPAL - ROOM))) this.#room.set(principal, ROOM - 1);
    else if (await this.#tasks.hasAsMany(principal, MAX_KEYS_PER_PRINCIPAL)) throw tasksFull();
  }

  /** Whether the row is there; `not queued`: whoever has the request is to carry it out. */
  async #enqueue(claim: TaskClaim): Promise<boolean | "not queued"> {
    const queue = this.#queue;
    const task = queue === undefined ? undefined : queuedTaskOf(claim, queue.terms, this.#clock.now());
    if (queue === undefined || task === undefined) return "not queued";
    try {
      if (!(await queue.isServed())) throw new AppError("unavailable", "QUEUE_UNAVAILABLE", "No worker carries dispatched calls out");
      const inserted = await this.#tasks.insert(task);
      if (inserted) queue.onQueued();
      return inserted;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.reason !== "QUEUE_UNAVAILABLE") throw thrown;
      queue.onFailover(thrown);
      if (queue.failover === "fail") throw thrown;
      return "not queued";
    }
  }

  /** What the task that has the key means to this claim; undefined where there is none, or another look is needed. */
  async #inspect(claim: TaskClaim): Promise<ClaimedTask | undefined> {
    const task = await this.#tasks.byKey(claim.keyHash);
    if (task === undefined) return undefined;
    const now = this.#clock.now();
    switch (standingOf(task, claim, now)) {
      case "own":
        return { kind: task.call === undefined ? "begun" : "queued" };
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
    this.#room.clear();
    await this.#tasks.prune(now);
  }
}

/** No worker has it, and whoever carried it out is gone. */
function isLost({ call, outcome, leaseUntil }: Task, now: Date): boolean {
  return call === undefined && outcome === undefined && leaseUntil <= now;
}

function foundTask(task: Task): FoundTask {
  return { task: taskView(task), outcome: task.outcome ?? null };
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
