import type { AppError } from "../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import { METHOD_NOT_FOUND } from "../../mcp/json-rpc.ts";
import { createLocator } from "../../mcp/json-span.ts";
import type { QuestionReply } from "../upstream/upstream.ts";

/** What a server hears that asked for something the client has not offered. */
export const NOT_OFFERED: QuestionReply = errorReply(METHOD_NOT_FOUND, "Method not found: this client does not offer it");
/** What it hears where the client offers it and cannot be reached now. */
export const NOBODY_LISTENS: QuestionReply = errorReply(METHOD_NOT_FOUND, "Method not found: this client reads no stream to be asked on");
export const TOO_MANY_QUESTIONS: QuestionReply = errorReply(JSON_RPC_CODE.exhausted, "This client has too many questions open");
export const TOO_LATE: QuestionReply = errorReply(JSON_RPC_CODE.deadline, "The client did not answer in time");
export const CLIENT_GONE: QuestionReply = errorReply(JSON_RPC_CODE.canceled, "The client has gone");

export function failedReply(error: AppError): QuestionReply {
  return errorReply(JSON_RPC_CODE[error.code], error.message);
}

function errorReply(code: number, message: string): QuestionReply {
  return { errorText: JSON.stringify({ code, message }) };
}

const locateReply = createLocator(["result"], ["error"]);

/** The reply in a client's JSON-RPC response, byte for byte. */
export function replyIn(response: string): QuestionReply {
  const [result, error] = locateReply(response).spans;
  if (error !== undefined) return { errorText: response.slice(error.start, error.end) };
  return { resultText: result === undefined ? "null" : response.slice(result.start, result.end) };
}
