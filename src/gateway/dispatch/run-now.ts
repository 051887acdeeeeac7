import type { KnownTask, TaskClaim, TaskLease, TaskOutcome } from "../../api/dispatch-task.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Answer } from "../answer.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";
import { holdLease } from "./hold-lease.ts";
import { failed, outcomeOf } from "./outcome-of.ts";

export interface RunNowOptions {
  readonly tasks: DispatchTasks;
  /** Of a task that is this process's to carry out. */
  readonly claim: TaskClaim;
  readonly maxResultBytes: number;
  /** Carries the call out. Never rejects. */
  readonly carryOut: () => Promise<Answer | Refusal>;
  readonly onFailure: (error: AppError) => void;
}

const KEEP_TRIES = 5;
const KEEP_BACKOFF = { firstMs: 100, maxMs: 2000 };

/** What is said where how it ended cannot be kept: the same as its key will say. */
const NOT_KEPT = failed(
  "unavailable",
  "outcome_unknown",
  "The call was carried out, but how it ended could not be kept; it is not repeated under this key",
);

/**
 * Carries a task out under its lease, and keeps how it ended before anybody is told. Where nothing was carried out the key
 * is free again, and the refusal says why. Never rejects.
 */
export async function runNow(options: RunNowOptions): Promise<KnownTask | Refusal> {
  const { tasks, claim, maxResultBytes, carryOut, onFailure } = options;
  const lease: TaskLease = { taskId: claim.taskId, owner: claim.owner };
  const letGo = holdLease(tasks, lease, claim.leaseMs, onFailure);
  try {
    const outcome = await outcomeOf(await carryOut(), maxResultBytes);
    if (!isRefusal(outcome)) return await keepOutcome(options, lease, outcome);
    await tasks.release(lease).catch((thrown: unknown) => onFailure(toAppError(thrown)));
    return outcome;
  } finally {
    letGo();
  }
}

/** Keeps how a task ended, trying a few times. What is told of it is what its key will say. Never rejects. */
export async function keepOutcome(
  { tasks, claim, onFailure }: Pick<RunNowOptions, "tasks" | "claim" | "onFailure">,
  lease: TaskLease,
  outcome: TaskOutcome,
): Promise<KnownTask> {
  const { taskId, traceId } = claim;
  for (let tries = 1; tries <= KEEP_TRIES; tries += 1) {
    try {
      return (await tasks.finish(lease, outcome)) ?? { taskId, traceId, outcome };
    } catch (thrown) {
      onFailure(toAppError(thrown));
      if (tries < KEEP_TRIES) await Bun.sleep(backoffMs(KEEP_BACKOFF, tries, Math.random()));
    }
  }
  return { taskId, traceId, outcome: NOT_KEPT };
}
