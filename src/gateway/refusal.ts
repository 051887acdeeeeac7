import type { ErrorCode } from "../core/app-error.ts";
import { JSON_RPC_CODE } from "../core/error-tables.ts";
import { errorMessage } from "../mcp/json-rpc.ts";

/** A request that is not carried out, as a value; only `http/` turns it into bytes. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  /** Code of the body `{"error":{"code","message","trace_id"}}`, or the JSON-RPC error that is the body. */
  readonly code: RefusalCode | { readonly rpc: number; readonly idText: string; readonly data?: unknown };
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Role bindings have decided it. */
  readonly byBindings?: true;
}

/** Codes on the wire, beside those that JSON-RPC has. docs/errors.md lists them; a test compares. */
export const REFUSAL_STATUS = {
  invalid_payload: 400,
  unauthenticated: 401,
  forbidden: 403,
  scope_denied: 403,
  server_denied: 403,
  tool_denied: 403,
  streaming_disabled: 403,
  origin_denied: 403,
  not_found: 404,
  server_not_found: 404,
  method_not_allowed: 405,
  idempotency_conflict: 409,
  payload_too_large: 413,
  result_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  async_unavailable: 503,
  auth_unavailable: 503,
  upstream_unavailable: 503,
  shutting_down: 503,
  limiter_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSAL_STATUS;

export function refuse(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { kind: "refusal", status: REFUSAL_STATUS[code], code, message, headers };
}

/** A refusal by role bindings. */
export function refuseByBindings(message: string): Refusal {
  return { ...refuse("forbidden", message), byBindings: true };
}

/** The code as a word: of a JSON-RPC error its number. */
export function refusalCodeText({ code }: Refusal): string {
  return typeof code === "string" ? code : String(code.rpc);
}

/** A refusal whose body is a JSON-RPC error, HTTP 400 unless said otherwise. */
export function refuseRpc(rpc: number, message: string, idText = "null", status = 400, data?: unknown): Refusal {
  return { kind: "refusal", status, code: data === undefined ? { rpc, idText } : { rpc, idText, data }, message };
}

/** A refusal as a JSON-RPC error, for where the status line is out already or many answers share one. */
export function refusalMessage({ code, message }: Refusal, idText: string): string {
  if (typeof code !== "string") return errorMessage(idText, { code: code.rpc, message, data: code.data });
  return errorMessage(idText, { code: JSON_RPC_CODE[IN_BAND[REFUSAL_STATUS[code]] ?? "unavailable"], message });
}

/** What a refusal is where it cannot be told by its status. */
const IN_BAND: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "denied",
  404: "not_found",
  413: "exhausted",
  429: "exhausted",
  500: "internal",
};

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "refusal";
}
