import type { UpstreamStatus } from "../upstream/upstream.ts";

/** What is known of a server; a text says why, undefined that it is not so. */
export interface StateSignals {
  /** What its connection says. */
  readonly connection: UpstreamStatus;
  /** Calls are refused, because so many have failed. */
  readonly refusing: string | undefined;
  /** Calls or probes fail. */
  readonly trouble: string | undefined;
  /** What it offers is not known as it should be. */
  readonly lists: string | undefined;
}

/**
 * The state that is shown. A connection that is not there goes before all that calls have shown of an earlier one.
 *
 * Signals do not come and go with each call: `Health` and the breaker hold them.
 */
export function decideState({ connection, refusing, trouble, lists }: StateSignals): UpstreamStatus {
  if (connection.state !== "ready" && connection.state !== "degraded") return connection;
  if (refusing !== undefined) return { state: "failed", reason: `calls are refused for a while: ${refusing}` };
  if (trouble !== undefined) return { state: "degraded", reason: trouble };
  if (connection.state === "degraded") return connection;
  return lists === undefined ? connection : { state: "degraded", reason: lists };
}
