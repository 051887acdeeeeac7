import type { AppError } from "../../core/app-error.ts";
import type { UpstreamStatus } from "../upstream/upstream.ts";

/** What is known of a server; an error says why, undefined that it is not so. */
export interface StateSignals {
  /** What its connection says. */
  readonly connection: UpstreamStatus;
  /** Calls are refused, because so many have failed. */
  readonly refusing: AppError | undefined;
  /** Calls or probes fail. */
  readonly trouble: AppError | undefined;
  /** What it offers is not known as it should be. */
  readonly lists: AppError | undefined;
}

/**
 * The state that is shown. A connection that is not there goes before all that calls have shown of an earlier one.
 *
 * Signals do not come and go with each call: `Health` and the breaker hold them.
 */
export function decideState({ connection, refusing, trouble, lists }: StateSignals): UpstreamStatus {
  if (connection.state !== "ready" && connection.state !== "degraded") return connection;
  if (refusing !== undefined)
    return { state: "failed", reason: `calls are refused for a while: ${refusing.message}`, cause: refusing.reason };
  if (trouble !== undefined) return { state: "degraded", reason: trouble.message, cause: trouble.reason };
  if (connection.state === "degraded" || lists === undefined) return connection;
  return { state: "degraded", reason: lists.message, cause: lists.reason };
}
