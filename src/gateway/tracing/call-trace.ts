import type { TraceContext } from "../../core/trace-context.ts";
import { formatTraceparent, parseTraceparent, traceContextInMeta } from "../../core/trace-context.ts";
import type { Batch, Envelope, InvalidEnvelope } from "../../mcp/envelope.ts";
import type { RequestTrail } from "../audit/request-trail.ts";
import { type OpenSpan, type Propagated, passedOn, propagatedOf } from "./request-span.ts";

/** What a call to a server takes along of the request that it belongs to. */
export interface CallTrace {
  readonly propagated: Propagated;
  /** The request's own span; undefined where nothing is traced here. */
  readonly span: OpenSpan | undefined;
}

/** Opens the spans of requests. */
export interface RequestTracing {
  open(traceId: string, context: TraceContext | undefined): OpenSpan;
}

/**
 * Takes over what a request says of its trace in its `_meta`, where its headers say nothing: from here on it is known by that
 * trace's id. Messages of a batch share the headers' trace, since one answer has one `X-Trace-Id`.
 */
export function noteTrace(trail: RequestTrail, message: Envelope | Batch | InvalidEnvelope): void {
  if (message.kind !== "request" || message.params._meta === undefined || trail.context?.parent !== undefined) return;
  const carried = traceContextInMeta(message.params._meta);
  if (carried === undefined) return;
  if (carried.parent !== undefined) trail.traceId = carried.parent.traceId;
  trail.context = { ...carried, baggage: carried.baggage ?? trail.context?.baggage };
}

/** What the calls of a request take along; undefined where there is nothing to take. */
export function callTraceOf(
  tracing: RequestTracing | undefined,
  trail: Pick<RequestTrail, "traceId" | "context" | "span">,
): CallTrace | undefined {
  if (tracing !== undefined) {
    trail.span ??= tracing.open(trail.traceId, trail.context);
    return { propagated: propagatedOf(trail.span), span: trail.span };
  }
  return trail.context === undefined ? undefined : { propagated: passedOn(trail.context), span: undefined };
}

/** What a later request is told of the one that this call belongs to; undefined where nothing is traced. */
export function traceMark(trace: CallTrace | undefined): string | undefined {
  return trace?.span && formatTraceparent(trace.span);
}

/** A request goes on with the call of an earlier one, which has left this mark: their spans are linked, in one trace or in two. */
export function noteContinued(trace: CallTrace | undefined, mark: string | undefined): void {
  if (trace?.span !== undefined && mark !== undefined) trace.span.continues = parseTraceparent(mark);
}
