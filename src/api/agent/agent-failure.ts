import { Code, ConnectError } from "@connectrpc/connect";
import { AppError } from "../../core/app-error.ts";
import { agentErrorOf } from "../agent-errors.ts";

const FROM_TRANSPORT = "NODE_REFUSED";

/**
 * What a call of an agent failed with, as the AppError that the agent meant; `canceled` is only what `signal` has ended. A
 * lost connection is `unavailable`/`NODE_LOST`.
 */
export function agentFailure(node: string, thrown: unknown, signal?: AbortSignal): AppError {
  if (thrown instanceof AppError) return thrown;
  if (signal?.aborted === true) return new AppError("canceled", "NODE_CALL_CANCELED", "The call was canceled", { cause: thrown });
  if (!(thrown instanceof ConnectError)) return lost(node, thrown);
  const error = agentErrorOf({ status: thrown.code, message: thrown.rawMessage, metadata: thrown.metadata }, FROM_TRANSPORT);
  if (error.reason !== FROM_TRANSPORT) return error;
  if (thrown.code === Code.DeadlineExceeded) {
    return new AppError("deadline", "NODE_TOO_SLOW", `Node ${node} did not answer in time`, {
      cause: thrown,
      hint: "--timeout says how long it may take",
    });
  }
  if (thrown.code === Code.Unimplemented) {
    return new AppError("precondition", "NODE_OF_ANOTHER_VERSION", `The agent of node ${node} does not know this call`, {
      cause: thrown,
      hint: "it is of another version than this command: 'mcpctl node status' shows which; upgrade the older of the two",
    });
  }
  if (isBroken(thrown)) return lost(node, thrown);
  return new AppError(error.code, FROM_TRANSPORT, `Node ${node}: ${thrown.rawMessage}`, { cause: thrown });
}

/** What the transport itself fails with where a connection ends; an agent gives a reason with these. */
const BROKEN: readonly Code[] = [Code.Unavailable, Code.Aborted, Code.Canceled, Code.Internal, Code.Unknown];

function isBroken({ code, cause }: ConnectError): boolean {
  return BROKEN.includes(code) || (cause instanceof Error && "code" in cause);
}

function lost(node: string, cause: unknown): AppError {
  const why = cause instanceof ConnectError ? cause.rawMessage : cause instanceof Error ? cause.message : String(cause);
  return new AppError("unavailable", "NODE_LOST", `The connection to node ${node} was lost: ${why}`, {
    cause,
    hint: "what was begun there goes on; 'mcpctl ops' shows it",
  });
}
