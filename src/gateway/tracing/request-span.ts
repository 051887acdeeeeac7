import { randomFillSync } from "node:crypto";
import { formatTraceparent, SAMPLED, type TraceContext, type TraceParent } from "../../core/trace-context.ts";

/** What goes on to whoever is asked next, as the text of its header or key. */
export interface Propagated {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** A span of our own, before it is over. */
export interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly flags: number;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
  /** The span of an earlier request, whose call this one goes on with; learnt while it is carried out. */
  continues: TraceParent | undefined;
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
/** The last 56 bits of a trace id are random, says the specification; those of our own are. */
const RANDOM_DIGITS = 14;

/**
 * The span of a request: a child of the span that the caller named, recorded where that one is; else the root of a trace,
 * of which `ratio` (0 to 1) are recorded, the same ones everywhere.
 *
 * `traceId` is what the request is known by; where that is no id of a trace, as one from `X-Trace-Id` may be, the span has
 * one of its own.
 */
export function openRequestSpan(traceId: string, context: TraceContext | undefined, ratio: number, newTraceId: () => string): OpenSpan {
  const parent = context?.parent;
  const own = TRACE_ID.test(traceId) ? traceId : newTraceId();
  const flags = flagsOf(own, parent, ratio);
  return {
    traceId: own,
    spanId: newSpanId(),
    parentSpanId: parent?.spanId,
    flags,
    tracestate: context?.tracestate,
    baggage: context?.baggage,
    continues: undefined,
  };
}

/** A span inside of another. */
export function openChild(span: OpenSpan): OpenSpan {
  return { ...span, spanId: newSpanId(), parentSpanId: span.spanId, continues: undefined };
}

/** Whoever is asked within this span is told so. */
export function propagatedOf(span: OpenSpan): Propagated {
  return { traceparent: formatTraceparent(span), tracestate: span.tracestate, baggage: span.baggage };
}

/** What the caller sent, for where there is no span of our own. */
export function passedOn({ parent, tracestate, baggage }: TraceContext): Propagated {
  return { traceparent: parent === undefined ? undefined : formatTraceparent(parent), tracestate, baggage };
}

function flagsOf(traceId: string, parent: TraceParent | undefined, ratio: number): number {
  return parent?.flags ?? (isRecorded(traceId, ratio) ? SAMPLED : 0);
}

function isRecorded(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) < ratio * 16 ** RANDOM_DIGITS;
}

const ID_BYTES = 8;
/** Random bytes for ids to come: asking for eight at a time costs ten times as much. */
const pool = Buffer.alloc(ID_BYTES * 512);
let used = pool.length;

function newSpanId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString("hex", used, used + ID_BYTES);
  used += ID_BYTES;
  return id === "0000000000000000" ? "0000000000000001" : id;
}
