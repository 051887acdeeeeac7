import type { KnownTask } from "../../api/dispatch-task.ts";
import type { Answer } from "../answer.ts";

export interface DispatchAnswerOptions {
  readonly idempotencyKey: string;
  /** Whether an earlier request began the task. */
  readonly reused: boolean;
}

/**
 * What is said of a task: 202 while it runs, 200 once it has ended. `trace_id` is that of the request that began it. The
 * result, or the error, stands there byte for byte as its server sent it.
 */
export function dispatchAnswer({ taskId, traceId, outcome }: KnownTask, { idempotencyKey, reused }: DispatchAnswerOptions): Answer {
  const about = { task_id: taskId, trace_id: traceId, idempotency_key: idempotencyKey, reused };
  if (outcome === null) return { kind: "answer", status: 202, body: JSON.stringify({ status: "accepted", ...about }) };
  const [status, member] = outcome.state === "finished" ? ["completed", "result"] : [outcome.state, "error"];
  const head = JSON.stringify({ status, ...about });
  return { kind: "answer", body: `${head.slice(0, -1)},"${member}":${outcome.text}}` };
}
