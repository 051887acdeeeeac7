import { randomBytes } from "node:crypto";
import { acceptTraceContext, type TraceContext } from "../core/trace-context.ts";
import type { IncomingHeaders } from "./incoming-request.ts";

const OWN = /^[0-9A-Za-z_-]{8,64}$/;

/** The context of a trace that a request's headers carry; undefined where there is none. */
export function traceContextIn(headers: IncomingHeaders): TraceContext | undefined {
  const traceparent = headers.get("traceparent");
  const baggage = headers.get("baggage");
  if (traceparent === null && baggage === null) return undefined;
  return acceptTraceContext(traceparent, headers.get("tracestate"), baggage);
}

/** The id that a request is known by: from W3C `traceparent`, else from `X-Trace-Id`, else a new one of 32 hex digits.
 * New ones grow with time: an index of random ones doubles what keeping an audit event costs. */
export function traceIdOf(headers: IncomingHeaders, context = traceContextIn(headers)): string {
  if (context?.parent !== undefined) return context.parent.traceId;
  const given = headers.get("x-trace-id");
  if (given !== null && OWN.test(given)) return given;
  return newTraceId();
}

const RANDOM_DIGITS = 20;
const POOL_BYTES = 5000;
/** Random hex digits that were used up to `at`. */
let pool = { digits: "", at: 0 };
let stamp = { ms: Number.NaN, digits: "" };

/** 12 hex digits of the time in ms and 20 random ones, of which many are made at once: a fourth of what one UUID costs. */
export function newTraceId(): string {
  const ms = Date.now();
  if (ms !== stamp.ms) stamp = { ms, digits: ms.toString(16).padStart(12, "0") };
  if (pool.at + RANDOM_DIGITS > pool.digits.length) pool = { digits: randomBytes(POOL_BYTES).toString("hex"), at: 0 };
  pool.at += RANDOM_DIGITS;
  return stamp.digits + pool.digits.slice(pool.at - RANDOM_DIGITS, pool.at);
}
