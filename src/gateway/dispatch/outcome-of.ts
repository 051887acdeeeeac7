import type { TaskOutcome } from "../../api/dispatch-task.ts";
import { type ErrorCode, toAppError } from "../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import { createLocator } from "../../mcp/json-span.ts";
import { type Answer, answerText } from "../answer.ts";
import { isRefusal, type Refusal } from "../refusal.ts";

/** Keeps a result elsewhere that is too large for its task; where, or undefined where it could not. Never rejects. */
export type KeepResult = (text: string) => Promise<string | undefined>;

const locate = createLocator(["result"], ["error"]);

/**
 * How a call has ended that is told once for all. A refusal comes back as it is: nothing was carried out, but where the
 * answer was too large. Never rejects.
 */
export async function outcomeOf(answer: Answer | Refusal, maxBytes: number, keep?: KeepResult): Promise<TaskOutcome | Refusal> {
  if (isRefusal(answer)) return answer.code === "result_too_large" ? tooLarge(answer.message) : answer;
  try {
    return await bounded(messageOutcome(await answerText(answer)), maxBytes, keep);
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

async function bounded(outcome: TaskOutcome, maxBytes: number, keep: KeepResult | undefined): Promise<TaskOutcome> {
  const bytes = Buffer.byteLength(outcome.text);
  if (bytes <= maxBytes) return outcome;
  const file = await keep?.(outcome.text);
  return tooLarge(
    `The server's answer has ${bytes} bytes, of at most ${maxBytes} that are kept of a dispatched call`,
    file && { bytes, file },
  );
}

function tooLarge(message: string, kept?: object | ""): TaskOutcome {
  return failed("exhausted", "result_too_large", message, kept || {});
}

/** The error as it stands in an answer. */
export function failed(code: ErrorCode, reason: string, message: string, more: object = {}): TaskOutcome {
  return { state: "failed", text: JSON.stringify({ code: JSON_RPC_CODE[code], message, data: { reason, ...more } }) };
}
