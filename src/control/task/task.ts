import type { KnownTask, TaskClaim, TaskOutcome } from "../../api/dispatch-task.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";

/** A dispatched call, from its claim until its key is forgotten. */
export interface Task extends Omit<TaskClaim, "leaseMs"> {
  /** Undefined while it runs. */
  readonly outcome: TaskOutcome | undefined;
  /** Whoever runs it has to say before this that it lives. */
  readonly leaseUntil: Date;
  readonly createdAt: Date;
  /** From here on its key may stand for another call. */
  readonly expiresAt: Date;
}

/** How long a key stands for its call. */
export const KEY_TTL_MS = 24 * 3600_000;

/** Keys that one principal may have at once: whoever makes a new one for each call has ten thousand a day. */
export const MAX_KEYS_PER_PRINCIPAL = 10_000;

/** Whoever ran it is gone without a word: it may have run to its end, in part or not at all. */
export const OUTCOME_UNKNOWN: TaskOutcome = {
  state: "failed",
  text: JSON.stringify({
    code: JSON_RPC_CODE.unavailable,
    message:
      "The process that carried the call out is gone; whether it was carried out is not known, and it is not repeated under this key",
    data: { reason: "outcome_unknown" },
  }),
};

export function taskOf({ leaseMs, ...claim }: TaskClaim, now: Date): Task {
  const after = (ms: number) => new Date(now.getTime() + ms);
  return { ...claim, outcome: undefined, leaseUntil: after(leaseMs), createdAt: now, expiresAt: after(KEY_TTL_MS) };
}

/**
 * What a task that has the key already means to a claim. `expired`: its key is free again. `lapsed`: it ran, and whoever
 * ran it is gone.
 */
export type Standing = "own" | "expired" | "conflict" | "lapsed" | "known";

export function standingOf(task: Task, claim: Pick<TaskClaim, "owner" | "payloadHash">, now: Date): Standing {
  const isRunning = task.outcome === undefined;
  const isAlive = isRunning && task.leaseUntil > now;
  if (isRunning && task.owner === claim.owner) return "own";
  if (task.expiresAt <= now && !isAlive) return "expired";
  if (task.payloadHash !== claim.payloadHash) return "conflict";
  return isRunning && !isAlive ? "lapsed" : "known";
}

export function knownTask({ taskId, traceId, outcome }: Task): KnownTask {
  return { taskId, traceId, outcome: outcome ?? null };
}
