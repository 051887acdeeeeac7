import {
  type KnownTask,
  TASK_PRIORITIES,
  type TaskClaim,
  type TaskOutcome,
  type TaskPlace,
  type TaskPriority,
  type TaskProgress,
  type TaskState,
} from "../../api/dispatch-task.ts";
import type { Grant } from "../../api/grant.ts";
import type { ErrorCode } from "../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";

/** A dispatched call, from its claim until its key is forgotten. */
export interface Task extends Omit<TaskClaim, "leaseMs" | "later" | "place"> {
  readonly state: TaskState;
  /** Undefined until it has ended. */
  readonly outcome: TaskOutcome | undefined;
  readonly place: TaskPlace;
  /** Undefined: whoever has its request carries it out itself. */
  readonly call: QueuedCall | undefined;
  readonly priority: TaskPriority;
  /** How often a worker has taken it. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Carrying it out twice does no harm: what its server has said of the tool before it was begun. */
  readonly repeatable: boolean;
  readonly cancelAsked: boolean;
  /** Why its last attempt came to nothing. */
  readonly lastError: string | undefined;
  readonly progress: TaskProgress | undefined;
  /** Whoever runs it has to say before this that it lives. */
  readonly leaseUntil: Date;
  /** No worker takes it before. */
  readonly runAt: Date;
  /** Where it waits still, it has failed then. */
  readonly startBy: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** From here on its key may stand for another call. */
  readonly expiresAt: Date;
}

/** What a worker carries out. */
export interface QueuedCall {
  /** JSON text; null where there were no params. */
  readonly params: string | null;
  /** What the credential opened when it was dispatched. */
  readonly grant: Grant;
}

/** How tasks wait. */
export interface QueueTerms {
  readonly maxAttempts: number;
  /** How long one may wait for its first attempt. */
  readonly ttlMs: number;
}

/** How long a key stands for its call. */
export const KEY_TTL_MS = 24 * 3600_000;

/** Keys that one principal may have at once: whoever makes a new one for each call has ten thousand a day. */
export const MAX_KEYS_PER_PRINCIPAL = 10_000;

/** Whoever ran it is gone without a word: it may have run to its end, in part or not at all. */
export const OUTCOME_UNKNOWN = failedTask(
  "unavailable",
  "outcome_unknown",
  "The process that carried the call out is gone; whether it was carried out is not known, and it is not repeated under this key",
);

/** It was never begun. */
export const TASK_EXPIRED = failedTask(
  "deadline",
  "task_expired",
  "No worker took the call in the time that it may wait; it was not carried out",
);

/** It was taken back before anything was carried out. */
export const TASK_CANCELED: TaskOutcome = {
  state: "canceled",
  text: errorText("canceled", "canceled", "The task was canceled before it was carried out"),
};

/** It was taken back while it ran. */
export const TASK_ABORTED: TaskOutcome = {
  state: "canceled",
  text: errorText("canceled", "canceled", "The task was canceled while it ran; its server may have done all or some of it"),
};

/** Whoever began it is gone, and it was begun as often as it may be. */
export const TASK_WORN_OUT = failedTask(
  "unavailable",
  "attempts_exhausted",
  "The process that carried the call out is gone once more, and it is not begun again",
);

export function failedTask(code: ErrorCode, reason: string, message: string): TaskOutcome {
  return { state: "failed", text: errorText(code, reason, message) };
}

function errorText(code: ErrorCode, reason: string, message: string): string {
  return JSON.stringify({ code: JSON_RPC_CODE[code], message, data: { reason } });
}

/** A task that its claimant carries out now. */
export function taskOf({ leaseMs, later, place = later, ...claim }: TaskClaim, now: Date): Task {
  const after = (ms: number) => new Date(now.getTime() + ms);
  return {
    ...claim,
    state: "running",
    outcome: undefined,
    place: { project: place?.project ?? null, server: place?.server ?? null, tool: place?.tool ?? null },
    call: undefined,
    priority: later?.priority ?? TASK_PRIORITIES[0],
    attempts: 1,
    maxAttempts: 1,
    repeatable: false,
    cancelAsked: false,
    lastError: undefined,
    progress: undefined,
    leaseUntil: after(leaseMs),
    runAt: now,
    startBy: undefined,
    createdAt: now,
    updatedAt: now,
    startedAt: now,
    finishedAt: undefined,
    expiresAt: after(KEY_TTL_MS),
  };
}

/** A task that waits for a worker; undefined for a claim that says nothing of later. */
export function queuedTaskOf(claim: TaskClaim, { maxAttempts, ttlMs }: QueueTerms, now: Date): Task | undefined {
  const { later } = claim;
  if (later === undefined) return undefined;
  return {
    ...taskOf(claim, now),
    state: "queued",
    owner: NOBODY,
    call: { params: later.params, grant: later.grant },
    attempts: 0,
    maxAttempts,
    leaseUntil: now,
    startBy: new Date(now.getTime() + ttlMs),
    startedAt: undefined,
  };
}

/** The owner of what waits. */
export const NOBODY = "";

/**
 * What a task that has the key already means to a claim. `expired`: its key is free again. `lapsed`: it ran, and whoever
 * ran it is gone.
 */
export type Standing = "own" | "expired" | "conflict" | "lapsed" | "known";

export function standingOf(task: Task, claim: Pick<TaskClaim, "owner" | "payloadHash">, now: Date): Standing {
  const isOpen = task.outcome === undefined;
  // What waits is alive by itself; what is lost of it a worker puts back.
  const isAlive = isOpen && (task.call !== undefined || task.leaseUntil > now);
  if (isOpen && task.owner === claim.owner) return "own";
  if (task.expiresAt <= now && !isAlive) return "expired";
  if (task.payloadHash !== claim.payloadHash) return "conflict";
  return isOpen && !isAlive ? "lapsed" : "known";
}

export function knownTask({ taskId, traceId, outcome }: Task): KnownTask {
  return { taskId, traceId, outcome: outcome ?? null };
}

/** What becomes of a task whose worker let its lease pass. */
export type AfterLoss = { readonly kind: "again" } | { readonly kind: "ended"; readonly outcome: TaskOutcome };

/** One that was not begun is begun anew; so is one that may be carried out twice, as often as it may be begun. */
export function afterLoss({ state, repeatable, attempts, maxAttempts, cancelAsked }: Task): AfterLoss {
  if (state === "running" && !repeatable) return { kind: "ended", outcome: OUTCOME_UNKNOWN };
  if (cancelAsked) return { kind: "ended", outcome: state === "running" ? TASK_ABORTED : TASK_CANCELED };
  return attempts < maxAttempts ? { kind: "again" } : { kind: "ended", outcome: TASK_WORN_OUT };
}
