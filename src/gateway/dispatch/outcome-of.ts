import type { TaskOutcome } from "../../api/dispatch-task.ts";
import { type ErrorCode, toAppError } from "../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import { createLocator } from "../../mcp/json-span.ts";
import { type Answer, answerText } from "../answer.ts";
import { isRefusal, type Refusal } from "../refusal.ts";

const locate = createLocator(["result"], ["error"]);

/**
 * How a call has ended that is told once for all. A refusal comes back as it is: nothing was carried out, but where the
 * answer was too large. Never rejects.
 */
export async function outcomeOf(answer: Answer | Refusal, maxBytes: number): Promise<TaskOutcome | Refusal> {
  if (isRefusal(answer)) return answer.code === "result_too_large" ? tooLarge(answer.message) : answer;
  try {
    return bounded(messageOutcome(await answerText(answer)), maxBytes);
  } catch (thrown) {
    const { code, reason, message } = toAppError(thrown);
    return failed(code, reason, message);
  }
}

/** A JSON-RPC error is how the call has failed, whoever says so. */
function messageOutcome(text: string): TaskOutcome {
  const [result, error] = locate(text).spans;
  if (error !== undefined) return { state: "failed", text: text.slice(error.start, error.end) };
  if (result !== undefined) return { state: "finished", text: text.slice(result.start, result.end) };
  return failed("internal", "UPSTREAM_BROKEN", "The server's answer has neither a result nor an error");
}

function bounded(outcome: TaskOutcome, maxBytes: number): TaskOutcome {
  const bytes = Buffer.byteLength(outcome.text);
  return bytes <= maxBytes
    ? outcome
    : tooLarge(`The server's answer has ${bytes} bytes, of at most ${maxBytes} that are kept of a dispatched call`);
}

function tooLarge(message: string): TaskOutcome {
  return failed("exhausted", "result_too_large", message);
}

/** The error as it stands in an answer. */
export function failed(code: ErrorCode, reason: string, message: string): TaskOutcome {
  return { state: "failed", text: JSON.stringify({ code: JSON_RPC_CODE[code], message, data: { reason } }) };
}
