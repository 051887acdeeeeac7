import { type AppError, type ErrorCode, toAppError } from "../../core/app-error.ts";
import { HTTP_STATUS } from "../../core/error-tables.ts";

/** Code on the wire of each failure kind, where the failure has no code of its own. docs/errors.md lists them. */
export const WIRE_CODE: Readonly<Record<ErrorCode, string>> = {
  invalid: "invalid_request",
  unauthenticated: "unauthenticated",
  denied: "forbidden",
  not_found: "not_found",
  conflict: "conflict",
  precondition: "precondition_failed",
  exhausted: "rate_limited",
  canceled: "canceled",
  deadline: "deadline_exceeded",
  unavailable: "unavailable",
  unimplemented: "unimplemented",
  internal: "internal_error",
};

/** Reasons whose wire code and status are the transport's own. docs/errors.md lists these codes too. */
export const BY_REASON: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  SCOPE_DENIED: { code: "scope_denied", status: 403 },
  ORIGIN_DENIED: { code: "origin_denied", status: 403 },
  METHOD_NOT_ALLOWED: { code: "method_not_allowed", status: 405 },
  BODY_TOO_LARGE: { code: "payload_too_large", status: 413 },
  BODY_TOO_SLOW: { code: "request_timeout", status: 408 },
  MEDIA_TYPE_UNSUPPORTED: { code: "unsupported_media_type", status: 415 },
};

export interface WireError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly trace_id: string;
      readonly reason?: string;
      readonly hint?: string;
    };
  };
}

/** A failure as REST says it: `{"error":{"code","message","trace_id","reason"[,"hint"]}}`. A cause is never in it. */
export function wireError(thrown: unknown, traceId: string): WireError & { readonly error: AppError } {
  const error = toAppError(thrown);
  const { code, status } = BY_REASON[error.reason] ?? { code: WIRE_CODE[error.code], status: HTTP_STATUS[error.code] };
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { status, error, body: { error: { code, message: error.message, trace_id: traceId, reason: error.reason, ...hint } } };
}
