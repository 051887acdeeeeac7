import type { ErrorCode } from "./app-error.ts";

/** HTTP status of each code. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  precondition: 412,
  exhausted: 429,
  canceled: 499,
  deadline: 504,
  unavailable: 503,
  unimplemented: 501,
  internal: 500,
};

/** gRPC status of each code (google.rpc.Code). */
export const GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 3,
  unauthenticated: 16,
  denied: 7,
  not_found: 5,
  conflict: 6,
  precondition: 9,
  exhausted: 8,
  canceled: 1,
  deadline: 4,
  unavailable: 14,
  unimplemented: 12,
  internal: 13,
};

/**
 * JSON-RPC code of each code, where a failure is answered in band. What the protocol
 * has no code for stays outside -32768…-32000, as MCP 2026-07-28 asks of a gateway.
 */
export const JSON_RPC_CODE: Readonly<Record<ErrorCode, number>> = {
  invalid: -32602,
  unauthenticated: -31001,
  denied: -31003,
  not_found: -32602,
  conflict: -31009,
  precondition: -31012,
  exhausted: -31029,
  canceled: -31099,
  deadline: -31004,
  unavailable: -31005,
  unimplemented: -32601,
  internal: -32603,
};

/** Exit code of the command line: 1 failed, 2 usage or broken contract. */
export const EXIT_CODE: Readonly<Record<ErrorCode, 1 | 2>> = {
  invalid: 2,
  unauthenticated: 1,
  denied: 1,
  not_found: 1,
  conflict: 1,
  precondition: 1,
  exhausted: 1,
  canceled: 1,
  deadline: 1,
  unavailable: 1,
  unimplemented: 1,
  internal: 1,
};
