import type { TaskProgress, TaskView } from "../../api/dispatch-task.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { oneLine } from "../../core/one-line.ts";
import { ageOf, untilOf } from "../age.ts";
import { defineKind } from "./kind.ts";

const MAX_MESSAGE = 60;

/** Dispatched calls: one's own. */
export const taskKind = defineKind<TaskView>({
  plural: "tasks",
  singular: "task",
  endpoints: { list: ENDPOINTS.tasks.list, get: ENDPOINTS.tasks.get },
  idPrefix: "tsk_",
  nameKey: "id",
  listLimit: 100,
  filters: { project: "project", state: "state" },
  columns: [
    { header: "ID", cell: ({ id }) => id },
    { header: "STATE", cell: ({ state, cancel_requested }) => (cancel_requested && state === "running" ? "canceling" : state) },
    { header: "PROJECT", cell: ({ project }) => project ?? "-" },
    { header: "SERVER", cell: ({ server }) => server ?? "-" },
    { header: "CALL", cell: ({ method, tool }) => tool ?? method },
    { header: "PROGRESS", cell: ({ progress }) => progressOf(progress) },
    { header: "AGE", cell: ({ created_at }, now) => ageOf(created_at, now) },
    { header: "PRIORITY", wide: true, cell: ({ priority }) => priority },
    { header: "ATTEMPTS", wide: true, cell: ({ attempts, max_attempts }) => `${attempts}/${max_attempts}` },
    { header: "EXPIRES", wide: true, cell: ({ expires_at }, now) => untilOf(expires_at, now) },
    { header: "KEY", wide: true, cell: ({ idempotency_key }) => idempotency_key },
    { header: "TRACE", wide: true, cell: ({ trace_id }) => trace_id },
  ],
});

function progressOf(progress: TaskProgress | null): string {
  if (progress === null) return "-";
  const { progress: done, total, message } = progress;
  const count = total === undefined ? String(done) : `${done}/${total}`;
  return message === undefined ? count : `${count} ${oneLine(message, MAX_MESSAGE)}`;
}
