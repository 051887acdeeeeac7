import type { TaskLease, TaskOutcome, TaskProgress, TaskState } from "../../api/dispatch-task.ts";
import type { Grant } from "../../api/grant.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { failedTask, OUTCOME_UNKNOWN, type QueuedCall, TASK_ABORTED, type Task } from "../task/task.ts";
import type { QueuedTasks } from "../task/task-store.ts";
import { ProgressNotes } from "./progress-notes.ts";
import type { CallEnd, PreparedCall, TaskCalls } from "./task-calls.ts";

export interface RunTaskDeps {
  readonly tasks: Pick<QueuedTasks, "begin" | "finish" | "putBack" | "note">;
  readonly calls: TaskCalls;
  /** What the one who dispatched it may do now; undefined: nothing. */
  readonly grantNow: (then: Grant) => Promise<Grant | undefined>;
  /** Keeps a result that is too large for its task. Never rejects. */
  readonly keepResult: (taskId: string, text: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly backoff: BackoffPolicy;
  /** In [0, 1). */
  readonly random: () => number;
  /** A task has ended, so long after it was accepted. Never throws. */
  readonly onEnded: (state: TaskState, latencyMs: number) => void;
  readonly onFailure: (error: AppError) => void;
}

export interface TaskRun {
  readonly task: Task;
  readonly call: QueuedCall;
  readonly lease: TaskLease;
  /** Aborted with an `AbortCause`. */
  readonly signal: AbortSignal;
}

/** Why a task is ended before its call is: somebody canceled it, its worker stops, or its lease is another's. */
export type AbortCause = "canceled" | "stopped" | "lost";

const KEEP_TRIES = 5;
const KEEP_BACKOFF = { firstMs: 100, maxMs: 2000 };

/**
 * Carries one task out under its lease: who may do what now → may this call be made → noted that it is begun → made → kept
 * how it ended. Whatever is lost between two of these steps the next worker finds by the task's state. Never rejects;
 * where the database fails it leaves the task to the end of its lease.
 */
export async function runTask(deps: RunTaskDeps, run: TaskRun): Promise<void> {
  try {
    const end = await carryOut(deps, run);
    if (end !== undefined) await keep(deps, () => settle(deps, run, end));
  } catch (thrown) {
    deps.onFailure(toAppError(thrown));
  }
}

/** Undefined where the task is not this worker's any more, and nothing was carried out. */
async function carryOut(deps: RunTaskDeps, { task, call, lease, signal }: TaskRun): Promise<CallEnd | undefined> {
  const grant = await deps.grantNow(call.grant);
  if (grant === undefined) return { kind: "ended", outcome: NOBODY_VOUCHES };
  const { taskId, traceId, target, method, place } = task;
  const prepared = deps.calls.prepare({ taskId, traceId, target, method, ...place, params: call.params, grant });
  if (prepared.kind !== "prepared") return prepared;
  if (signal.aborted || !(await deps.tasks.begin(lease, prepared.repeatable, deps.clock.now()))) return undefined;
  return make(deps, { lease, signal }, prepared);
}

async function make(deps: RunTaskDeps, { lease, signal }: Pick<TaskRun, "lease" | "signal">, call: PreparedCall): Promise<CallEnd> {
  const notes = new ProgressNotes((progress: TaskProgress) => deps.tasks.note(lease, progress, deps.clock.now()), deps.onFailure);
  const keepResult = (text: string) => deps.keepResult(lease.taskId, text);
  const end = await call.carryOut({ signal, onProgress: (progress) => notes.put(progress), keepResult });
  await notes.close();
  if (end.kind !== "in doubt") return end;
  if (signal.aborted && signal.reason === "canceled") return { kind: "ended", outcome: TASK_ABORTED };
  if (call.repeatable) return end;
  return { kind: "ended", outcome: signal.aborted ? OUTCOME_UNKNOWN : end.outcome };
}

/** The end of the task, or its next attempt. */
async function settle({ tasks, clock, backoff, random, onEnded }: RunTaskDeps, { task, lease }: TaskRun, end: CallEnd): Promise<void> {
  const now = clock.now();
  const isLast = end.kind === "ended" || task.attempts >= task.maxAttempts;
  if (isLast) {
    const outcome = end.kind === "ended" ? end.outcome : wornOut(task, end.outcome);
    if (await tasks.finish(lease, outcome, now)) onEnded(outcome.state, now.getTime() - task.createdAt.getTime());
  } else {
    const waitMs = Math.max(backoffMs(backoff, task.attempts, random()), (end.kind === "not made" ? end.retryAfterMs : undefined) ?? 0);
    await tasks.putBack(lease, { runAt: new Date(now.getTime() + waitMs), lastError: end.outcome.text }, now);
  }
}

/** What was carried out cannot be called back: how it ended is worth several tries. */
async function keep({ onFailure, random }: RunTaskDeps, run: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (thrown) {
      if (tries === KEEP_TRIES) throw thrown;
      onFailure(toAppError(thrown));
      await new Promise((resolve) => setTimeout(resolve, backoffMs(KEEP_BACKOFF, tries, random())));
    }
  }
}

const NOBODY_VOUCHES = failedTask(
  "denied",
  "task_denied",
  "The credential that dispatched the call opens nothing any more; it was not carried out",
);

/** A dead letter: its last error says why. */
function wornOut({ attempts }: Task, last: TaskOutcome): TaskOutcome {
  const cause: unknown = JSON.parse(last.text);
  const { code, message } = cause as { code: number; message: string };
  const data = { reason: "attempts_exhausted", attempts, cause };
  return { state: "failed", text: JSON.stringify({ code, message: `${message} (after ${attempts} attempts)`, data }) };
}
