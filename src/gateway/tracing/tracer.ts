import { toAppError } from "../../core/app-error.ts";
import { redactText } from "../../core/redact.ts";
import { SAMPLED, type TraceContext } from "../../core/trace-context.ts";
import type { FinishedRequest } from "../audit/finished-request.ts";
import type { RequestTrail } from "../audit/request-trail.ts";
import { newTraceId } from "../trace-id.ts";
import type { Upstream, UpstreamCall } from "../upstream/upstream.ts";
import type { RequestTracing } from "./call-trace.ts";
import type { SpanSink } from "./finished-span.ts";
import { paramsWithTrace } from "./params-with-trace.ts";
import { type OpenSpan, openChild, openRequestSpan, propagatedOf } from "./request-span.ts";

export interface TracerOptions {
  readonly sink: SpanSink;
  /** How many of the traces that begin here are recorded, 0 to 1. */
  readonly ratio: number;
  /** Milliseconds since the epoch, with fractions. */
  readonly epochMs: () => number;
}

export interface TracedServer {
  readonly handle: string;
  /** It is told in `_meta` too: it has no headers to be told in. */
  readonly inMeta: boolean;
}

/** Of names, which clients may make long; some put a token where only a name belongs. */
const MAX_NAME = 100;

/** A span for each request, and in it one for each call to a server. Arguments and results are never in them, nor are session ids. */
export class Tracer implements RequestTracing {
  readonly #options: TracerOptions;

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  open(traceId: string, context: TraceContext | undefined): OpenSpan {
    return openRequestSpan(traceId, context, this.#options.ratio, newTraceId);
  }

  /** A request is over; what was refused before it had a span gets it now. */
  requestFinished({ trail, server, outcome, code, status, durationMs }: FinishedRequest): void {
    const span = trail.span ?? this.open(trail.traceId, trail.context);
    if (!isRecorded(span)) return;
    const { sink, epochMs } = this.#options;
    const endMs = epochMs();
    const error = outcome === "ok" ? undefined : (code ?? outcome);
    const principal = trail.caller?.principal;
    const attributes = present({
      "mcp.method.name": methodOf(trail),
      "gen_ai.tool.name": trail.tool && redactText(trail.tool, MAX_NAME),
      "mcpctl.project": trail.project && redactText(trail.project, MAX_NAME),
      "mcpctl.server": server,
      "mcpctl.outcome": outcome,
      "mcpctl.trace_id": trail.traceId === span.traceId ? undefined : trail.traceId,
      "enduser.id": principal === undefined ? undefined : `${principal.kind}:${principal.id}`,
      "client.address": trail.address,
      "http.request.method": trail.httpMethod,
      "http.response.status_code": status,
      "error.type": error,
    });
    sink.take({ span, name: nameOf(trail), kind: "server", startMs: endMs - durationMs, endMs, attributes, error });
  }

  /** The same server; each call of a request to it is a span, and the server is told of it. */
  traced(upstream: Upstream, server: TracedServer): Upstream {
    return {
      start: () => upstream.start(),
      ready: () => upstream.ready(),
      request: (call) => (call.trace?.span === undefined ? upstream.request(call) : this.#call(upstream, server, call, call.trace.span)),
      notify: (peer, message) => upstream.notify(peer, message),
      subscribe: (uri) => upstream.subscribe(uri),
      unsubscribe: (uri) => upstream.unsubscribe(uri),
      keepsPeers: () => upstream.keepsPeers(),
      speaksModern: upstream.speaksModern && (() => upstream.speaksModern?.() === true),
      status: () => upstream.status(),
      close: () => upstream.close(),
    };
  }

  async #call(upstream: Upstream, { handle, inMeta }: TracedServer, call: UpstreamCall, parent: OpenSpan) {
    const { sink, epochMs } = this.#options;
    const span = openChild(parent);
    const propagated = propagatedOf(span);
    const startMs = epochMs();
    const end = (error: string | undefined) => {
      if (!isRecorded(span)) return;
      const attributes = present({ "mcp.method.name": call.method, "mcpctl.server": handle, "error.type": error });
      sink.take({ span, name: `${call.method} ${handle}`, kind: "client", startMs, endMs: epochMs(), attributes, error });
    };
    try {
      const paramsText = paramsWithTrace(call.paramsText, propagated, inMeta);
      const answer = await upstream.request({ ...call, paramsText, trace: { propagated, span } });
      end(undefined);
      return answer;
    } catch (thrown) {
      end(toAppError(thrown).reason);
      throw thrown;
    }
  }
}

function isRecorded({ flags }: OpenSpan): boolean {
  return (flags & SAMPLED) !== 0;
}

function methodOf({ message }: RequestTrail): string | undefined {
  return message?.kind === "request" || message?.kind === "notification" ? redactText(message.method, MAX_NAME) : undefined;
}

function nameOf(trail: RequestTrail): string {
  const method = methodOf(trail) ?? `${trail.httpMethod} ${trail.path}`;
  return redactText(trail.tool === undefined ? method : `${method} ${trail.tool}`, MAX_NAME);
}

function present(attributes: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
