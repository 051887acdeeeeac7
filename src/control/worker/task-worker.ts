import { toAppError } from "../../core/app-error.ts";
import type { Ids } from "../../core/ids.ts";
import { afterLoss, TASK_EXPIRED, type Task } from "../task/task.ts";
import type { TaskQueue } from "../task/task-queue.ts";
import type { QueuedTasks } from "../task/task-store.ts";
import { type AbortCause, type RunTaskDeps, runTask } from "./run-task.ts";
import { Waker } from "./waker.ts";

export interface TaskWorkerDeps extends RunTaskDeps {
  readonly tasks: QueuedTasks;
  readonly queue: TaskQueue;
  readonly ids: Ids;
  /** Says that this worker lives, and whether it is switched on. */
  readonly reportIn: () => Promise<boolean>;
  readonly settings: WorkerSettings;
}

export interface WorkerSettings {
  /** Tasks that it carries out at once. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** How often it looks for tasks that nobody has told it of. */
  readonly pollMs: number;
}

/** A lease is renewed so often within its time: one renewal may fail. */
const RENEWALS = 3;
/** Lost tasks that are looked at in one sweep. */
const MAX_SWEEP = 100;

interface Running {
  readonly done: Promise<void>;
  readonly abort: (cause: AbortCause) => void;
}

/**
 * Carries out tasks that wait.
 *
 * started → stopping (takes no more) → stopped (none of its tasks runs). What it had when it was killed another worker, or
 * the next start of this one, finds when the lease is over.
 */
export class TaskWorker {
  readonly #deps: TaskWorkerDeps;
  readonly #running = new Map<string, Running>();
  readonly #waker = new Waker();
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #sweepAt = 0;
  #active = false;

  constructor(deps: TaskWorkerDeps) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#running.size;
  }

  start(): void {
    this.#loop ??= this.#work();
  }

  /** There may be something to do. */
  wake(): void {
    this.#waker.wake();
  }

  /** Looks whether it is switched on. */
  async reconsider(): Promise<void> {
    this.#active = await this.#deps.reportIn();
    this.wake();
  }

  /** Ends a task that runs here, where one of this id does. */
  cancel(taskId: string): void {
    this.#running.get(taskId)?.abort("canceled");
  }

  /** Takes no more tasks from now on; those that run go on. */
  leave(): void {
    this.#stopping.abort();
    this.wake();
  }

  /** Takes no more tasks; resolves when none runs, or `limitMs` have passed and those that are left were aborted. */
  async stop(limitMs: number): Promise<void> {
    this.leave();
    await this.#loop;
    const idle = Promise.all([...this.#running.values()].map(({ done }) => done));
    const timer = setTimeout(() => {
      for (const { abort } of this.#running.values()) abort("stopped");
    }, limitMs);
    await idle;
    clearTimeout(timer);
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#sweep();
        if (this.#active && (await this.#takeMore())) continue;
      } catch (thrown) {
        this.#deps.onFailure(toAppError(thrown));
      }
      await this.#waker.wait(this.#deps.settings.pollMs);
    }
  }

  /** Whether there may be more to take at once. */
  async #takeMore(): Promise<boolean> {
    const { queue, clock, settings } = this.#deps;
    const free = settings.concurrency - this.#running.size;
    if (free <= 0 || this.#stopping.signal.aborted) return false;
    const ids = await queue.next(free, clock.now());
    const taken = await Promise.all(ids.map((id) => this.#take(id)));
    return taken.some((one) => one);
  }

  async #take(taskId: string): Promise<boolean> {
    const { tasks, ids, clock, settings } = this.#deps;
    const lease = { taskId, owner: ids.next("wrk") };
    const now = clock.now();
    const task = await tasks.take(lease, new Date(now.getTime() + settings.leaseMs), now);
    if (task?.call === undefined) return false;
    this.#run(task, task.call, lease);
    return true;
  }

  #run(task: Task, call: NonNullable<Task["call"]>, lease: { taskId: string; owner: string }): void {
    const aborting = new AbortController();
    const abort = (cause: AbortCause) => aborting.abort(cause);
    const letGo = this.#holdLease(lease, abort);
    const done = runTask(this.#deps, { task, call, lease, signal: aborting.signal }).finally(() => {
      letGo();
      this.#running.delete(task.taskId);
      this.wake();
    });
    this.#running.set(task.taskId, { done, abort });
  }

  /** Keeps the lease, and hears that the task was canceled elsewhere. One that is lost ends the call: another worker may have it. */
  #holdLease(lease: { taskId: string; owner: string }, abort: (cause: AbortCause) => void): () => void {
    const { tasks, clock, settings, onFailure } = this.#deps;
    const renew = async () => {
      const held = await tasks.renew(lease, new Date(clock.now().getTime() + settings.leaseMs));
      if (!held) abort("lost");
      else if ((await tasks.byId(lease.taskId))?.cancelAsked === true) abort("canceled");
    };
    const timer = setInterval(() => renew().catch((thrown: unknown) => onFailure(toAppError(thrown))), settings.leaseMs / RENEWALS);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Reports in, ends what has waited too long, and puts back or ends what workers that are gone have left. */
  async #sweep(): Promise<void> {
    const { tasks, clock, settings } = this.#deps;
    const now = clock.now();
    if (now.getTime() < this.#sweepAt) return;
    this.#sweepAt = now.getTime() + Math.min(SWEEP_MS, settings.leaseMs / RENEWALS);
    this.#active = await this.#deps.reportIn();
    await tasks.expire(TASK_EXPIRED, now);
    for (const task of await tasks.lost(MAX_SWEEP, now)) {
      const next = afterLoss(task);
      if (next.kind === "again") await tasks.putBackLost(task.taskId, now);
      else await tasks.lapse(task.taskId, next.outcome, now);
    }
  }
}

const SWEEP_MS = 2000;
