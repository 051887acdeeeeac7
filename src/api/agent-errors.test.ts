import { expect, test } from "bun:test";
import { AppError, type ErrorCode } from "../core/app-error.ts";
import { GRPC_STATUS } from "../core/error-tables.ts";
import { agentErrorMetadata, agentErrorOf } from "./agent-errors.ts";

function overTheWire(error: AppError): AppError {
  return agentErrorOf({ status: GRPC_STATUS[error.code], message: error.message, metadata: new Headers(agentErrorMetadata(error)) });
}

test("code, reason, message, hint and waiting time of an error arrive as they were sent", () => {
  for (const code of Object.keys(GRPC_STATUS) as ErrorCode[]) {
    const sent = new AppError(code, "SERVICE_BUSY", "Dienst läuft", { hint: "wait – or é\n%20", retryAfterSeconds: 3, cause: "secret" });
    const got = overTheWire(sent);
    expect({ ...got, message: got.message, cause: got.cause }).toEqual({ ...sent, message: sent.message, cause: undefined });
  }
});

test("an error without hint has none, and a transport's own status is one of our codes", () => {
  expect(overTheWire(new AppError("conflict", "X", "x"))).toMatchObject({ hint: undefined, retryAfterSeconds: undefined });
  const of = (status: number) => agentErrorOf({ status, message: "m", metadata: new Headers() });
  expect([of(10), of(2), of(14), of(99)].map(({ code, reason }) => `${code} ${reason}`)).toEqual([
    "conflict AGENT_REFUSED",
    "internal AGENT_REFUSED",
    "unavailable AGENT_REFUSED",
    "internal AGENT_REFUSED",
  ]);
});

test("a hint that cannot be decoded is shown as it is", () => {
  const metadata = new Headers({ "mcpctl-hint": "%E0%A4%A" });
  expect(agentErrorOf({ status: 3, message: "m", metadata }).hint).toBe("%E0%A4%A");
});
