/** A request that is not carried out, as a value; only `http/` turns it into bytes. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  /** Code of the body `{"error":{"code","message","trace_id"}}`, or the JSON-RPC error that is the body. */
  readonly code: RefusalCode | { readonly rpc: number; readonly idText: string };
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Codes on the wire, beside those that JSON-RPC has. docs/errors.md lists them; a test compares. */
export const REFUSAL_STATUS = {
  unauthenticated: 401,
  forbidden: 403,
  origin_denied: 403,
  not_found: 404,
  server_not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
  auth_unavailable: 503,
  upstream_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSAL_STATUS;

export function refuse(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { kind: "refusal", status: REFUSAL_STATUS[code], code, message, headers };
}

/** A refusal whose body is a JSON-RPC error, HTTP 400 unless said otherwise. */
export function refuseRpc(rpc: number, message: string, idText = "null", status = 400): Refusal {
  return { kind: "refusal", status, code: { rpc, idText }, message };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "refusal";
}
