import { Code, ConnectError } from "@connectrpc/connect";
import { agentErrorMetadata } from "../../api/agent-errors.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { GRPC_STATUS } from "../../core/error-tables.ts";

/** The error as it goes over the wire: its code's status, its message, reason and hint. Nothing of its cause is in it. */
export function toConnectError(thrown: unknown): ConnectError {
  // The library's own: a message that is too large, a deadline that is over.
  if (thrown instanceof ConnectError) return thrown;
  const error = toAppError(thrown);
  return new ConnectError(error.message, GRPC_STATUS[error.code], agentErrorMetadata(error));
}

/**
 * What a failed RPC has failed with: once it was to end, whatever was thrown is because of that. `reasons` are the signals
 * that it was to end by, the first one that is aborted counts.
 */
export function failureOf(thrown: unknown, reasons: readonly AbortSignal[]): AppError | ConnectError {
  if (thrown instanceof AppError && thrown.code !== "canceled") return thrown;
  const reason: unknown = reasons.find(({ aborted }) => aborted)?.reason;
  if (reason instanceof AppError || reason instanceof ConnectError) return reason;
  if (reason !== undefined) return new ConnectError("The call was canceled", Code.Canceled);
  return thrown instanceof ConnectError ? thrown : toAppError(thrown);
}
