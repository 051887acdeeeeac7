import type { TaskProgress } from "../../api/dispatch-task.ts";
import { taskProgressSchema } from "../../api/dispatch-task.ts";

const MAX_MESSAGE = 500;

/** How far a server says that it is; undefined for any other message, and for what says nothing. */
export function progressOf(message: string): TaskProgress | undefined {
  if (!message.includes('"notifications/progress"')) return undefined;
  try {
    const { method, params } = JSON.parse(message) as { method?: unknown; params?: unknown };
    if (method !== "notifications/progress") return undefined;
    const progress = taskProgressSchema.parse(params);
    return progress.message === undefined ? progress : { ...progress, message: progress.message.slice(0, MAX_MESSAGE) };
  } catch {
    return undefined;
  }
}
