import { AppError } from "../../core/app-error.ts";
import { McpProtocolError } from "../../mcp/client/mcp-protocol-error.ts";
import { McpTransportError } from "../../mcp/client/mcp-transport-error.ts";
import type { TestMcpVerdict } from "./test-mcp-report.ts";

/** Why a step failed, and what that says of the endpoint. */
export interface StepFailure {
  readonly verdict: Exclude<TestMcpVerdict, "PASS">;
  readonly detail: string;
  readonly hint?: string;
}

/** What a thrown error says of the endpoint. A throw that is not ours is a defect and goes on. */
export function classifyStepFailure(thrown: unknown, token: string | undefined): StepFailure {
  if (thrown instanceof McpProtocolError) return contractFailure(thrown.message);
  if (!(thrown instanceof AppError)) throw thrown;
  const hint = thrown.hint ?? hintFor(thrown, token);
  return { verdict: "TRANSPORT/AUTH FAIL", detail: thrown.message, ...(hint === undefined ? {} : { hint }) };
}

export function contractFailure(detail: string, hint?: string): StepFailure {
  return { verdict: "CONTRACT FAIL", detail, ...(hint === undefined ? {} : { hint }) };
}

function hintFor(error: AppError, token: string | undefined): string | undefined {
  const status = error instanceof McpTransportError ? error.status : undefined;
  if (status === 401)
    return token === undefined ? "give a token with --token or in $MCPCTL_TOKEN" : "the token is wrong, expired or revoked";
  if (status === 403) return "the credential may not use this endpoint; a token is good for its own project only";
  if (error.code === "deadline") return "--timeout gives each request more time";
  return undefined;
}
