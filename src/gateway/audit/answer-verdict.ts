import { SharedResult } from "../../mcp/shared-result.ts";
import type { AnswerBody } from "../answer.ts";

/** How an answer in band turned out; `code` is the reason or number of a JSON-RPC error, or `tool_error`. */
export type AnswerVerdict = { readonly outcome: "ok"; readonly code?: undefined } | { readonly outcome: "failed"; readonly code: string };

const OK: AnswerVerdict = { outcome: "ok" };

/** The end of both words that an answer which failed must hold: `"error"` and `"isError"`. */
const MARK = 'rror"';

/**
 * Reads from an answer whether it failed: a JSON-RPC error, or a result with `isError`.
 *
 * Nearly every answer holds neither word and is not parsed. One that passes as a stream is not read at all and counts as `ok`.
 */
export function answerVerdict(answer: AnswerBody): AnswerVerdict {
  // What is shared is a list, and lists do not fail.
  if (answer instanceof ReadableStream || answer instanceof SharedResult || !mayHaveFailed(answer)) return OK;
  try {
    const message = JSON.parse(typeof answer === "string" ? answer : new TextDecoder().decode(answer));
    const { error, result } = message as { error?: { code?: unknown; data?: { reason?: unknown } }; result?: { isError?: unknown } };
    if (error !== undefined) return { outcome: "failed", code: String(error.data?.reason ?? error.code).slice(0, 64) };
    return result?.isError === true ? { outcome: "failed", code: "tool_error" } : OK;
  } catch {
    return OK;
  }
}

function mayHaveFailed(answer: string | Uint8Array): boolean {
  if (typeof answer === "string") return answer.includes(MARK);
  return Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).includes(MARK);
}

/** The same for an answer of our own, whose parts stand in the order in which we write them: its beginning tells. */
export function ownAnswerVerdict(answer: AnswerBody, idText: string): AnswerVerdict {
  const isError = typeof answer === "string" && answer.startsWith('"error"', OWN_HEAD.length + idText.length + 1);
  return isError ? answerVerdict(answer) : OK;
}

const OWN_HEAD = '{"jsonrpc":"2.0","id":';
