import { createTraceState, DiagLogLevel, diag, type HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { VERSION } from "../../../core/version.ts";
import type { FinishedSpan, SpanSink } from "../finished-span.ts";

export interface OtlpSpanSinkOptions {
  /** Where spans are posted to, path included. */
  readonly url: string;
  readonly serviceName: string;
  /** Said of every span besides, such as where it runs. */
  readonly resource: Readonly<Record<string, string>>;
  /** Spans did not arrive; they are lost. */
  readonly onFailure: (message: string) => void;
  readonly limits?: OtlpLimits;
}

export interface OtlpLimits {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  /** How long a span waits for others at most. */
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

export const OTLP_LIMITS: OtlpLimits = {
  maxQueueSize: 8192,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 1000,
  exportTimeoutMillis: 10_000,
};

const SCOPE = { name: "mcpctl", version: VERSION };
const MAX_FAILURE = 300;

/** A sink that sends what waits when it is closed. */
export interface ClosableSpanSink extends SpanSink {
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Spans by OTLP over HTTP, as JSON, in batches and in the background. What does not arrive is lost, and what is more than the
 * queue holds is dropped: a collector that is away costs no call anything.
 *
 * Only OpenTelemetry's exporter and its batches are used: what it takes to open and close its own spans would be paid on every
 * call. Headers and time-outs of the exporter are those of its own environment variables.
 */
export function otlpSpanSink(options: OtlpSpanSinkOptions): ClosableSpanSink {
  const { url, serviceName, onFailure, limits = OTLP_LIMITS } = options;
  const fail = (message: string, ...details: readonly unknown[]) =>
    onFailure([message, ...details].map(textOf).join(" ").slice(0, MAX_FAILURE));
  const ignore = () => {};
  diag.setLogger(
    { error: fail, warn: fail, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resourceFromAttributes({ ...options.resource, "service.name": serviceName, "service.version": VERSION });
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), ...limits });
  return {
    take: (span) => processor.onEnd(readable(span, resource)),
    close: () => processor.shutdown().catch((thrown: unknown) => fail(textOf(thrown))),
  };
}

function readable({ span, name, kind, startMs, endMs, attributes, error }: FinishedSpan, resource: ReadableSpan["resource"]): ReadableSpan {
  const { traceId, flags: traceFlags, tracestate, parentSpanId, continues } = span;
  const contextOf = (spanId: string) => ({
    traceId,
    spanId,
    traceFlags,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  });
  return {
    name,
    kind: kind === "server" ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => contextOf(span.spanId),
    // A client span's parent is one of this process.
    ...(parentSpanId === undefined ? {} : { parentSpanContext: { ...contextOf(parentSpanId), isRemote: kind === "server" } }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(Math.max(0, endMs - startMs)),
    status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: { ...attributes },
    links: continues === undefined ? [] : [{ context: { ...continues, traceFlags: continues.flags } }],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function textOf(value: unknown): string {
  return value instanceof Error ? value.message : typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
