import { Code, ConnectError } from "@connectrpc/connect";
import { AppError, type ErrorCode } from "../../core/app-error.ts";
import { GRPC_STATUS } from "../../core/error-tables.ts";
import { readErrorDetail } from "./error-detail.ts";

const CODE_BY_STATUS: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(GRPC_STATUS).map(([code, status]) => [status, code as ErrorCode]),
);

/**
 * What a call of an agent failed with, as the AppError that the agent meant; `canceled` is only what `signal` has ended. A
 * lost connection is `unavailable`/`NODE_LOST`.
 */
export function agentFailure(node: string, thrown: unknown, signal?: AbortSignal): AppError {
  if (thrown instanceof AppError) return thrown;
  if (signal?.aborted === true) return new AppError("canceled", "NODE_CALL_CANCELED", "The call was canceled", { cause: thrown });
  if (!(thrown instanceof ConnectError)) return lost(node, thrown);
  const { reason, hint } = readErrorDetail(thrown);
  const code = CODE_BY_STATUS.get(thrown.code) ?? "internal";
  // With a reason the agent itself has said so.
  if (reason !== undefined) return new AppError(code, reason, thrown.rawMessage, hint === undefined ? {} : { hint });
  if (thrown.code === Code.DeadlineExceeded) {
    return new AppError("deadline", "NODE_TOO_SLOW", `Node ${node} did not answer in time`, {
      cause: thrown,
      hint: "--timeout says how long it may take",
    });
  }
  if (isBroken(thrown)) return lost(node, thrown);
  return new AppError(code, "NODE_REFUSED", `Node ${node}: ${thrown.rawMessage}`, { cause: thrown });
}

/** The connection broke: the transport says so by the cause, or by a status that no agent answers with. */
function isBroken({ code, cause }: ConnectError): boolean {
  if (code === Code.Unavailable || code === Code.Aborted || code === Code.Canceled) return true;
  return cause instanceof Error && "code" in cause;
}

function lost(node: string, cause: unknown): AppError {
  const why = cause instanceof ConnectError ? cause.rawMessage : cause instanceof Error ? cause.message : String(cause);
  return new AppError("unavailable", "NODE_LOST", `The connection to node ${node} was lost: ${why}`, {
    cause,
    hint: "what was begun there goes on; 'mcpctl ops' shows it",
  });
}
