/** W3C Trace Context (level 2) and Baggage, as text that comes from anybody. */

/** Where in a trace something comes from. */
export interface TraceParent {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
  /** 8 bits; the lowest says that the trace is recorded. */
  readonly flags: number;
}

/** What somebody sent along with a request; each part was checked. */
export interface TraceContext {
  readonly parent: TraceParent | undefined;
  /** Only with a parent. */
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** Recorded, by the flags of a parent. */
export const SAMPLED = 1;

const MAX_TRACESTATE = 512;
const MAX_BAGGAGE = 8192;

/** Version ff, and ids of zeros alone, are invalid; a later version than 00 may have more behind the flags. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** What may stand in a header; both are lists of printable ASCII. */
const PRINTABLE = /^[\t\x20-\x7e]+$/;

/** Undefined for what is none: the specification has it ignored. */
export function parseTraceparent(text: string): TraceParent | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text.slice(0, 512)) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** In version 00, whatever version it came in. */
export function formatTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

/** What of these three may be passed on; undefined where nothing is left. A tracestate over 512 characters is dropped, a baggage over 8,192. */
export function acceptTraceContext(
  traceparent: string | null | undefined,
  tracestate: string | null | undefined,
  baggage: string | null | undefined,
): TraceContext | undefined {
  const parent = traceparent == null ? undefined : parseTraceparent(traceparent);
  const carried = acceptText(baggage, MAX_BAGGAGE);
  if (parent === undefined && carried === undefined) return undefined;
  return { parent, tracestate: parent === undefined ? undefined : acceptText(tracestate, MAX_TRACESTATE), baggage: carried };
}

function acceptText(text: string | null | undefined, maxLength: number): string | undefined {
  return text == null || text.length > maxLength || !PRINTABLE.test(text) ? undefined : text;
}

/** The context that a message of MCP carries in its `_meta`; undefined where there is none. */
export function traceContextInMeta(meta: unknown): TraceContext | undefined {
  if (typeof meta !== "object" || meta === null) return undefined;
  const { traceparent, tracestate, baggage } = meta as Readonly<Record<string, unknown>>;
  return acceptTraceContext(textOf(traceparent), textOf(tracestate), textOf(baggage));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
