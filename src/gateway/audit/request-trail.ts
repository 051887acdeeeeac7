import type { Caller } from "../../core/caller.ts";
import type { Envelope, InvalidEnvelope } from "../../mcp/envelope.ts";

/**
 * What is known of a request so far. The stages of its life write it down as they learn it; its audit event is made
 * of it when it is over.
 */
export interface RequestTrail {
  readonly traceId: string;
  /** The address of the client, as the listener saw it. */
  readonly address: string | undefined;
  readonly httpMethod: string;
  readonly path: string;
  /** On the clock that only goes forward, in ms. */
  readonly startedAt: number;
  caller: Caller | undefined;
  project: string | undefined;
  server: string | undefined;
  /** The server's own name. */
  tool: string | undefined;
  message: Envelope | InvalidEnvelope | undefined;
  /** Each message of it has a trail, and an event, of its own. */
  inParts: boolean;
}

/** A trail at its beginning. All that is learnt later stands in it from the start: one shape of object for every request. */
export function beginTrail(known: Pick<RequestTrail, "traceId" | "address" | "httpMethod" | "path" | "startedAt">): RequestTrail {
  const { traceId, address, httpMethod, path, startedAt } = known;
  const unknown = undefined;
  return {
    traceId,
    address,
    httpMethod,
    path,
    startedAt,
    caller: unknown,
    project: unknown,
    server: unknown,
    tool: unknown,
    message: unknown,
    inParts: false,
  };
}

/** The trail of one message of a batch. */
export function partOf(trail: RequestTrail, message: Envelope | InvalidEnvelope): RequestTrail {
  return { ...trail, message, inParts: false };
}
