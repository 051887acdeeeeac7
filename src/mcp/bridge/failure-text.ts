import type { AppError } from "../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";
import { errorMessage, INVALID_REQUEST } from "../json-rpc.ts";

/** What a client is answered where the server gave no answer: `data` has the reason and, where there was one, the HTTP status. */
export function failureText(idText: string, error: AppError): string {
  const status = error instanceof McpTransportError ? error.status : undefined;
  const data = { reason: error.reason, ...(status === undefined ? {} : { status }) };
  // The client has broken JSON-RPC itself.
  const code = error.reason === "ID_IN_USE" ? INVALID_REQUEST : JSON_RPC_CODE[error.code];
  return errorMessage(idText, { code, message: error.message, data });
}
