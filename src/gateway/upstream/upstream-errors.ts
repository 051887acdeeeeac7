import { AppError } from "../../core/app-error.ts";
import type { CancelSignal } from "../../core/cancel-signal.ts";
import { METHOD_NOT_FOUND } from "../../mcp/json-rpc.ts";

/** The JSON-RPC error object of a server without subscriptions. */
export const NO_SUBSCRIPTIONS = JSON.stringify({ code: METHOD_NOT_FOUND, message: "Method not found: resources/subscribe" });

/** The request was never sent: asking again is safe. */
export function upstreamUnavailable(handle: string, why: string, cause?: unknown): AppError {
  return new AppError("unavailable", "UPSTREAM_UNAVAILABLE", `Server ${handle} is not available: ${why}`, { cause });
}

/** The request was sent and its answer is lost: it may have run. */
export function upstreamLost(handle: string, why: string, cause?: unknown): AppError {
  return new AppError("unavailable", "UPSTREAM_LOST", `Server ${handle} was lost during the call: ${why}`, { cause });
}

export function upstreamBroken(handle: string, why: string, cause?: unknown): AppError {
  return new AppError("internal", "UPSTREAM_BROKEN", `Server ${handle} broke the protocol: ${why}`, { cause });
}

/** What an aborted signal means to the caller: its reason where that is an AppError, else a cancelation. */
export function abortError(signal: CancelSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return new AppError("canceled", "CALL_CANCELED", "The call was canceled");
}
