import { expect, test } from "bun:test";
import { AppError, toAppError } from "./app-error.ts";
import { EXIT_CODE, GRPC_STATUS, HTTP_STATUS, JSON_RPC_CODE } from "./error-tables.ts";

test("every code has an HTTP error status, a gRPC status of its own and an exit code", () => {
  for (const status of Object.values(HTTP_STATUS)) expect(status).toBeGreaterThanOrEqual(400);
  expect(new Set(Object.values(GRPC_STATUS)).size).toBe(Object.keys(GRPC_STATUS).length);
  expect(Object.keys(EXIT_CODE).sort()).toEqual(Object.keys(HTTP_STATUS).sort());
});

test("the gateway's own JSON-RPC codes stay out of the ranges the protocol reserves", () => {
  const standard = new Set([-32700, -32600, -32601, -32602, -32603]);
  for (const code of Object.values(JSON_RPC_CODE)) {
    const reserved = code >= -32768 && code <= -32000;
    expect(!reserved || standard.has(code)).toBe(true);
  }
});

test("an unknown throw becomes internal and keeps its cause away from the message", () => {
  const error = toAppError(new Error("secret detail"));
  expect(error.code).toBe("internal");
  expect(error.message).not.toContain("secret");
  expect(error.cause).toBeInstanceOf(Error);
  const own = new AppError("denied", "NO", "no");
  expect(toAppError(own)).toBe(own);
});
