import { AppError } from "../../core/app-error.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";

/** Nobody waits for the answer any more. */
export function requestCanceled(): AppError {
  return new AppError("canceled", "REQUEST_CANCELED", "The request was canceled");
}

export function bridgeClosed(): AppError {
  return new AppError("canceled", "BRIDGE_CLOSED", "The bridge is closing");
}

/** The reply is over, and what it was to answer still waits. */
export function answerLost(): McpTransportError {
  const message = "The server ended its reply before the answer; the request may have been carried out";
  return new McpTransportError("unavailable", "MCP_ANSWER_LOST", message);
}
