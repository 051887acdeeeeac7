import type { Logger } from "pino";
import { Tracer } from "../gateway/tracing/tracer.ts";
import type { Releases } from "./releases.ts";
import type { TracingSettings } from "./tracing-settings.ts";
import { withinMs } from "./within-ms.ts";

/** What the collector still has to be told; one that is away does not hold up the end. */
const FAREWELL_MS = 2000;

/** Traces requests. Without it none of OpenTelemetry is loaded (20 MB). */
export async function startTracing({ ratio, ...where }: TracingSettings, log: Logger, releases: Releases): Promise<Tracer> {
  const { otlpSpanSink } = await import("../gateway/tracing/otlp/otlp-span-sink.ts");
  const sink = otlpSpanSink({ ...where, onFailure: (message) => log.warn({ url: where.url }, `spans were lost: ${message}`) });
  releases.add(() => withinMs(FAREWELL_MS, sink.close()));
  return new Tracer({ sink, ratio, epochMs: () => performance.timeOrigin + performance.now() });
}
