import type { UpstreamCall } from "./upstream.ts";

/** A call in a session of a legacy server, and what only a bridge between the eras asks for beside it. */
export interface LegacyCall extends UpstreamCall {
  /** The least level of log messages, where it is not the peer's. */
  readonly logLevel?: string | undefined;
  /** The text of the answer is wanted, whatever its size. */
  readonly whole?: true | undefined;
}
