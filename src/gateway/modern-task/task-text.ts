import type { FoundTask, TaskState } from "../../api/dispatch-task.ts";

type Status = "working" | "input_required" | "completed" | "failed" | "cancelled";

const STATUS: Readonly<Record<TaskState, Status>> = {
  queued: "working",
  preparing: "working",
  running: "working",
  finished: "completed",
  failed: "failed",
  canceled: "cancelled",
};

/** How often a client is to ask, in ms. */
const POLL_INTERVAL_MS = 2000;

/** What only the process knows that carries the call out. */
export interface LiveWord {
  /** JSON text of what the client is asked, by key; undefined where nothing is open. */
  readonly inputRequests?: string | undefined;
  /** How far the server says that it is. */
  readonly message?: string | undefined;
}

/** A task in the extension's words, as the text of an object: what `tasks/get` and `notifications/tasks` tell. What came of it stands there byte for byte. */
export function detailedTaskText({ task, outcome }: FoundTask, live: LiveWord = {}): string {
  const asks = outcome === null && live.inputRequests !== undefined;
  const status = asks ? "input_required" : STATUS[task.state];
  const message = outcome === null ? (live.message ?? task.progress?.message) : messageOf(outcome);
  const head = JSON.stringify({
    taskId: task.id,
    status,
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt: task.created_at,
    lastUpdatedAt: task.updated_at,
    ttlMs: Date.parse(task.expires_at) - Date.parse(task.created_at),
    pollIntervalMs: POLL_INTERVAL_MS,
  });
  if (asks) return `${head.slice(0, -1)},"inputRequests":${live.inputRequests}}`;
  if (outcome === null || outcome.state === "canceled") return head;
  return `${head.slice(0, -1)},"${outcome.state === "finished" ? "result" : "error"}":${outcome.text}}`;
}

function messageOf({ state, text }: NonNullable<FoundTask["outcome"]>): string | undefined {
  if (state === "finished") return undefined;
  const { message } = JSON.parse(text) as { message?: unknown };
  return typeof message === "string" ? message : undefined;
}
