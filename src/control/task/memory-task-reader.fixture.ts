/** For tests: tasks of dispatched calls in memory, as a task reader gives them. */
import type { FoundTask, OwnTask, TaskView } from "../../api/dispatch-task.ts";
import type { TaskReader } from "./task-reader.ts";

export interface OwnedTask {
  readonly principal: string;
  readonly task: TaskView;
}

const CANCELED = { code: -31099, message: "The task was canceled", data: { reason: "canceled" } };

/** A task that waits, of the project `demo`, with `changes`. */
export function taskView(id: string, changes: Partial<TaskView> = {}): TaskView {
  const at = "2026-06-01T10:00:00.000Z";
  return {
    id,
    state: "queued",
    project: "demo",
    server: null,
    method: "tools/call",
    tool: "content__evo.content.search",
    idempotency_key: `key-of-${id}`,
    trace_id: "01a1f96a21e0766d984c9cade4271083",
    priority: "normal",
    attempts: 0,
    max_attempts: 3,
    progress: null,
    cancel_requested: false,
    created_at: at,
    updated_at: at,
    started_at: null,
    finished_at: null,
    expires_at: "2026-06-02T10:00:00.000Z",
    ...changes,
  };
}

function foundOf({ task: { result, error, ...task } }: OwnedTask): FoundTask {
  if (error !== undefined)
    return { task, outcome: { state: task.state === "canceled" ? "canceled" : "failed", text: JSON.stringify(error) } };
  return { task, outcome: result === undefined ? null : { state: "finished", text: JSON.stringify(result) } };
}

/** `owned` is kept in the order in which the tasks were dispatched, and may grow meanwhile. */
export function memoryTaskReader(owned: OwnedTask[]): TaskReader {
  const at = ({ taskId, principal, project }: OwnTask) =>
    owned.findIndex(
      (each) => each.task.id === taskId && each.principal === principal && (project === undefined || each.task.project === project),
    );
  return {
    async list({ principal, project, state, limit, after }) {
      const mine = owned.filter((each) => each.principal === principal).map(({ task }) => task);
      const fitting = mine.filter(
        (task) => (project === undefined || task.project === project) && (state === undefined || task.state === state),
      );
      const newestFirst = fitting.reverse();
      const start = after === undefined ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
      return newestFirst.slice(start, start + limit).map(({ result: _, error: __, ...task }) => task);
    },
    async find(own) {
      const found = owned[at(own)];
      return found === undefined ? undefined : foundOf(found);
    },
    async cancel(own) {
      const index = at(own);
      const found = owned[index];
      if (found === undefined) return undefined;
      const { state } = found.task;
      const canceled: TaskView = { ...found.task, state: "canceled", finished_at: "2026-06-01T11:00:00.000Z", error: CANCELED };
      const task = state === "queued" ? canceled : state === "running" ? { ...found.task, cancel_requested: true } : found.task;
      owned[index] = { ...found, task };
      return foundOf({ ...found, task });
    },
  };
}
