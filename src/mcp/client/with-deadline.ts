import type { AppError } from "../../core/app-error.ts";
import { McpTransportError } from "./mcp-transport-error.ts";

export interface Deadline {
  /** What is waited for, as it stands in messages: `tools/list at http://…`. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Each of them ends the wait early. */
  readonly signals?: readonly (AbortSignal | undefined)[];
}

/**
 * Runs `work` and stops waiting when the time is over or a signal fires; then the signal
 * that `work` got has fired too. The signal also fires at the end, so that nothing that
 * `work` left open outlives it. Throws McpTransportError `deadline` or `canceled`.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (error: AppError) => {
    stopped.reject(error);
    controller.abort(error);
  };
  const cancel = () => stop(new McpTransportError("canceled", "MCP_CANCELED", `Canceled: ${deadline.what}`));
  const signals = (deadline.signals ?? []).filter((signal) => signal !== undefined);
  const timer = setTimeout(() => stop(timedOut(deadline)), deadline.timeoutMs);
  for (const signal of signals) signal.addEventListener("abort", cancel);
  if (signals.some((signal) => signal.aborted)) cancel();
  try {
    return await Promise.race([stopped.promise, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", cancel);
    controller.abort();
  }
}

function timedOut(deadline: Deadline): McpTransportError {
  return new McpTransportError("deadline", "MCP_TIMEOUT", `No answer within ${deadline.timeoutMs} ms: ${deadline.what}`);
}
