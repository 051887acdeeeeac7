import type { Caller } from "../../core/caller.ts";
import type { TraceContext } from "../../core/trace-context.ts";
import type { Envelope, InvalidEnvelope } from "../../mcp/envelope.ts";
import type { OpenSpan } from "../tracing/request-span.ts";

/**
 * What is known of a request so far. The stages of its life write it down as they learn it; its audit event is made
 * of it when it is over.
 */
export interface RequestTrail {
  /** What the client knows it by. It may still be told in the message. */
  traceId: string;
  /** The address of the client, as the listener saw it. */
  readonly address: string | undefined;
  readonly httpMethod: string;
  readonly path: string;
  /** On the clock that only goes forward, in ms. */
  readonly startedAt: number;
  /** What the client said of the trace that it is part of. */
  context: TraceContext | undefined;
  /** Its span, where there is a tracer and somebody has asked for it. */
  span: OpenSpan | undefined;
  caller: Caller | undefined;
  project: string | undefined;
  server: string | undefined;
  /** The server's own name. */
  tool: string | undefined;
  message: Envelope | InvalidEnvelope | undefined;
  /** The task that a dispatched call is, or was before. */
  task: { readonly id: string; readonly reused: boolean } | undefined;
  /** Each message of it has a trail, and an event, of its own. */
  inParts: boolean;
}

type KnownAtOnce = Pick<RequestTrail, "traceId" | "address" | "httpMethod" | "path" | "startedAt"> & Partial<Pick<RequestTrail, "context">>;

/** A trail at its beginning. All that is learnt later stands in it from the start: one shape of object for every request. */
export function beginTrail(known: KnownAtOnce): RequestTrail {
  const { traceId, context, address, httpMethod, path, startedAt } = known;
  const unknown = undefined;
  return {
    traceId,
    address,
    httpMethod,
    path,
    startedAt,
    context,
    span: unknown,
    caller: unknown,
    project: unknown,
    server: unknown,
    tool: unknown,
    message: unknown,
    task: unknown,
    inParts: false,
  };
}

/** The trail of one message of a batch. */
export function partOf(trail: RequestTrail, message: Envelope | InvalidEnvelope): RequestTrail {
  return { ...trail, message, span: undefined, inParts: false };
}
