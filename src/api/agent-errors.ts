import { AppError, type ErrorCode } from "../core/app-error.ts";
import { GRPC_STATUS } from "../core/error-tables.ts";

/**
 * How an error of an agent travels besides its status and message: as metadata, which every gRPC client shows. A hint is
 * percent-encoded, for metadata is ASCII.
 */
const REASON = "mcpctl-reason";
const HINT = "mcpctl-hint";
/** Seconds until it is worth another try. */
const RETRY_AFTER = "mcpctl-retry-after";

/** Metadata is small everywhere; a hint is a sentence. */
const MAX_HINT_LENGTH = 1000;

/** What an error is made of, whatever library carries it. */
export interface AgentStatus {
  /** The gRPC status (google.rpc.Code). */
  readonly status: number;
  /** Without the name of the status before it. */
  readonly message: string;
  readonly metadata: { get(name: string): string | null };
}

/** The metadata that an agent sends along with an error. Nothing of its cause is in it. */
export function agentErrorMetadata({ reason, hint, retryAfterSeconds }: AppError): Readonly<Record<string, string>> {
  return {
    [REASON]: reason,
    ...(hint === undefined ? {} : { [HINT]: encodeURIComponent(hint.slice(0, MAX_HINT_LENGTH).toWellFormed()) }),
    ...(retryAfterSeconds === undefined ? {} : { [RETRY_AFTER]: String(retryAfterSeconds) }),
  };
}

/** The error that the agent meant. Without a reason it is one of the transport's own: `fallbackReason` then. */
export function agentErrorOf({ status, message, metadata }: AgentStatus, fallbackReason = "AGENT_REFUSED"): AppError {
  const hint = decoded(metadata.get(HINT));
  const retryAfterSeconds = Number(metadata.get(RETRY_AFTER) ?? Number.NaN);
  return new AppError(codeOf(status), metadata.get(REASON) ?? fallbackReason, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : {}),
  });
}

const CODE_OF: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.entries(GRPC_STATUS) as [ErrorCode, number][]).map(([code, status]) => [status, code]),
);

/** Statuses that no code of ours has. */
const OTHERS: Readonly<Record<number, ErrorCode>> = { 10: "conflict", 11: "invalid", 15: "internal" };

function codeOf(status: number): ErrorCode {
  return CODE_OF.get(status) ?? OTHERS[status] ?? "internal";
}

function decoded(text: string | null): string | undefined {
  if (text === null || text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
