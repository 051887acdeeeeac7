import type { CallTrace } from "./call-trace.ts";
import type { Propagated } from "./request-span.ts";

/** The headers of a request to a server, with those that tell of its trace where there is one: else the very same object. */
export function withTraceHeaders(
  headers: Readonly<Record<string, string>>,
  trace: CallTrace | undefined,
): Readonly<Record<string, string>> {
  return trace === undefined ? headers : { ...headers, ...traceHeaders(trace.propagated) };
}

function traceHeaders({ traceparent, tracestate, baggage }: Propagated): Record<string, string> {
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}
