import type { Insertable, Selectable } from "kysely";
import { TASK_PRIORITIES, type TaskPriority, taskProgressSchema } from "../../api/dispatch-task.ts";
import { grantSchema } from "../../api/grant.ts";
import type { DispatchTaskTable } from "../../store/schema.ts";
import type { QueuedCall, Task } from "./task.ts";

/** Lanes are numbers that sort. */
export function laneOf(priority: TaskPriority): number {
  return TASK_PRIORITIES.indexOf(priority);
}

export function taskRowOf(task: Task, turn: number): Insertable<DispatchTaskTable> {
  const instant = (at: Date | undefined) => at?.toISOString() ?? null;
  return {
    id: task.taskId,
    key_hash: task.keyHash,
    payload_hash: task.payloadHash,
    principal: task.principal,
    target: task.target,
    idempotency_key: task.idempotencyKey,
    method: task.method,
    trace_id: task.traceId,
    state: task.state,
    owner: task.owner,
    lease_until: task.leaseUntil.toISOString(),
    outcome: task.outcome?.text ?? null,
    created_at: task.createdAt.toISOString(),
    expires_at: task.expiresAt.toISOString(),
    ...task.place,
    params: task.call?.params ?? null,
    caller: task.call === undefined ? null : JSON.stringify(task.call.grant),
    lane: laneOf(task.priority),
    attempts: task.attempts,
    max_attempts: task.maxAttempts,
    repeatable: task.repeatable ? 1 : 0,
    cancel_asked: task.cancelAsked ? 1 : 0,
    turn,
    run_at: task.runAt.toISOString(),
    start_by: instant(task.startBy),
    last_error: task.lastError ?? null,
    progress: task.progress === undefined ? null : JSON.stringify(task.progress),
    started_at: instant(task.startedAt),
    finished_at: instant(task.finishedAt),
    updated_at: task.updatedAt.toISOString(),
  };
}

export function taskOfRow(row: Selectable<DispatchTaskTable>): Task {
  const createdAt = new Date(row.created_at);
  const instant = (text: string | null) => (text === null ? undefined : new Date(text));
  const { state } = row;
  const hasEnded = state === "finished" || state === "failed" || state === "canceled";
  return {
    taskId: row.id,
    owner: row.owner,
    keyHash: row.key_hash,
    payloadHash: row.payload_hash,
    principal: row.principal,
    target: row.target,
    idempotencyKey: row.idempotency_key,
    method: row.method,
    traceId: row.trace_id,
    state,
    outcome: hasEnded ? { state, text: row.outcome ?? "null" } : undefined,
    place: { project: row.project, server: row.server, tool: row.tool },
    call: callOf(row),
    priority: TASK_PRIORITIES[row.lane] ?? "normal",
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    repeatable: row.repeatable === 1,
    cancelAsked: row.cancel_asked === 1,
    lastError: row.last_error ?? undefined,
    progress: row.progress === null ? undefined : taskProgressSchema.parse(JSON.parse(row.progress)),
    leaseUntil: new Date(row.lease_until),
    runAt: instant(row.run_at) ?? createdAt,
    startBy: instant(row.start_by),
    createdAt,
    updatedAt: instant(row.updated_at) ?? createdAt,
    startedAt: instant(row.started_at),
    finishedAt: instant(row.finished_at),
    expiresAt: new Date(row.expires_at),
  };
}

function callOf({ caller, params }: Selectable<DispatchTaskTable>): QueuedCall | undefined {
  return caller === null ? undefined : { params, grant: grantSchema.parse(JSON.parse(caller)) };
}
