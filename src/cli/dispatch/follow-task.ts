import type { DispatchClient } from "../../api/dispatch-client.ts";
import type { TaskState, TaskView } from "../../api/dispatch-task.ts";
import { toAppError } from "../../core/app-error.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { oneLine } from "../../core/one-line.ts";
import type { CliOutput } from "../ports.ts";

/** How often is asked: at first at once, then ever less often. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
const ENDED: ReadonlySet<TaskState> = new Set(["finished", "failed", "canceled"]);
/** So many unanswered questions in a row are put up with. */
const MAX_LOST = 5;

/**
 * Asks for a task until it has ended, and says on standard error what changes. A gateway that is away for a moment is asked
 * again. Undefined where `signal` was aborted first: the task goes on. Throws what the gateway refuses.
 */
export async function followTask(
  output: CliOutput,
  client: DispatchClient,
  id: string,
  signal: AbortSignal,
): Promise<TaskView | undefined> {
  let told = "";
  let lost = 0;
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS)) {
    try {
      const task = await client.task(id, signal);
      lost = 0;
      const line = progressLine(task);
      if (line !== told) output.stderr(line);
      told = line;
      if (ENDED.has(task.state)) return task;
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const error = toAppError(thrown);
      lost += 1;
      if (error.code !== "unavailable" || lost >= MAX_LOST) throw error;
    }
    await waitOrAbort(waitMs, signal);
  }
  return undefined;
}

/** `task/tsk_1 running: 3 of 10, reading the index`. */
export function progressLine({ id, state, progress, attempts, max_attempts, cancel_requested }: TaskView): string {
  const done = progress === null ? [] : [`${progress.progress}${progress.total === undefined ? "" : ` of ${progress.total}`}`];
  const said = progress?.message === undefined ? [] : [oneLine(progress.message, 200)];
  const again = attempts > 1 ? [`attempt ${attempts} of ${max_attempts}`] : [];
  const asked = cancel_requested ? ["is to be canceled"] : [];
  const about = [...again, ...asked, ...done, ...said].join(", ");
  return `task/${id} ${state}${about === "" ? "" : `: ${about}`}\n`;
}
