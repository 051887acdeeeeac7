import { isModernError } from "../../mcp/eras/2026-07-28/error-codes.ts";
import { METHOD_NOT_FOUND } from "../../mcp/json-rpc.ts";
import { SharedResult } from "../../mcp/shared-result.ts";
import type { Answer } from "../answer.ts";

/** What an answer that is an error holds, unless it writes the key with escapes. */
const MARK = '"error"';

/** The answer with the HTTP status that the modern era prescribes for some errors; others are answered in band, with 200. */
export function modernStatus(answer: Answer): Answer {
  const { body } = answer;
  // What is shared is a list, and no error.
  if (body instanceof ReadableStream || body instanceof SharedResult) return answer;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  if (!text.includes(MARK) && !text.includes("\\u")) return answer;
  const code = (JSON.parse(text) as { error?: { code?: unknown } }).error?.code;
  if (code === METHOD_NOT_FOUND) return { ...answer, status: 404 };
  return isModernError(code) ? { ...answer, status: 400 } : answer;
}
