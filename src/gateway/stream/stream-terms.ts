import type { ServerPolicy } from "../../api/server-definition.ts";
import type { StreamPolicy } from "../policy/gateway-policy.ts";

/** How a stream of events is kept. */
export interface StreamTerms {
  /** How often a quiet stream says that it is alive. */
  readonly heartbeatSeconds: number;
  /** How long it may last. */
  readonly maxSeconds: number;
  /** Whether a call is canceled at its server when its client goes away. */
  readonly abortOnDisconnect: boolean;
}

/** The installation's terms, or what a server says in their place. */
export function termsOf(policy: StreamPolicy, own: ServerPolicy["stream"]): StreamTerms {
  if (own === undefined) return policy;
  return {
    heartbeatSeconds: own.heartbeatSeconds ?? policy.heartbeatSeconds,
    maxSeconds: own.maxSeconds ?? policy.maxSeconds,
    abortOnDisconnect: own.abortOnDisconnect ?? policy.abortOnDisconnect,
  };
}

/** What a response says of them, so that a client can hold us to it. */
export function termsHeaders({ heartbeatSeconds, maxSeconds }: StreamTerms): Readonly<Record<string, string>> {
  return { "x-stream-heartbeat-seconds": String(heartbeatSeconds), "x-stream-max-seconds": String(maxSeconds) };
}
