import type { FoundTask } from "../../api/dispatch-task.ts";
import type { Task } from "./task.ts";

/** A task as whoever dispatched it sees it, without what came of it. */
export function taskView(task: Task): FoundTask["task"] {
  const instant = (at: Date | undefined) => at?.toISOString() ?? null;
  return {
    id: task.taskId,
    state: task.state,
    project: task.place.project,
    server: task.place.server,
    method: task.method,
    tool: task.place.tool,
    idempotency_key: task.idempotencyKey,
    trace_id: task.traceId,
    priority: task.priority,
    attempts: task.attempts,
    max_attempts: task.maxAttempts,
    progress: task.progress ?? null,
    cancel_requested: task.cancelAsked,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    started_at: instant(task.startedAt),
    finished_at: instant(task.finishedAt),
    expires_at: task.expiresAt.toISOString(),
  };
}
