import type { Logger } from "pino";
import type { ListenAddress } from "../cli/address-flags.ts";
import type { RequestObserver } from "../gateway/audit/finished-request.ts";
import { type GatewayMetrics, NO_METRICS } from "../gateway/metrics/gateway-metrics.ts";
import type { GatewayVitals } from "../gateway/metrics/gateway-vitals.ts";
import type { TaskCounts } from "../gateway/metrics/prometheus/task-metrics.ts";
import type { TracedServer, Tracer } from "../gateway/tracing/tracer.ts";
import type { Upstream } from "../gateway/upstream/upstream.ts";
import { openAccessLog } from "./access-log.ts";
import type { Releases } from "./releases.ts";
import { serveMetrics } from "./serve-metrics.ts";
import { startTracing } from "./start-tracing.ts";
import type { TracingSettings } from "./tracing-settings.ts";
import { withinMs } from "./within-ms.ts";

export interface ObservabilityOptions {
  /** Undefined: no metrics. */
  readonly metrics: ListenAddress | undefined;
  /** Undefined: no traces. */
  readonly tracing: TracingSettings | undefined;
  readonly log: Logger;
  readonly releases: Releases;
}

/** What is read of a gateway that runs. */
export interface ObservedGateway {
  vitals(): GatewayVitals;
  /** Its audit events on their way to the log. */
  backlog(): { readonly waiting: number; readonly dropped: number };
  /** Of the installation's dispatched calls; not there where this process keeps none. */
  tasks?(): Promise<TaskCounts>;
}

/** How a gateway is watched from outside. */
export interface Observability {
  /** Hears of each request that is over; undefined where nobody wants to. */
  readonly observe: RequestObserver | undefined;
  readonly metrics: GatewayMetrics;
  /** Undefined where nothing is traced. */
  readonly tracing: Tracer | undefined;
  /** The same server, its calls traced where anything is. */
  traced(upstream: Upstream, server: TracedServer): Upstream;
  /** Serves what is read of this gateway, and says where. */
  serve(gateway: ObservedGateway, onProgress: (line: string) => void): void;
}

/** For lines that nobody reads. */
const FAREWELL_MS = 500;

/** Throws `conflict`/`PORT_TAKEN`, `invalid`/`ADDRESS_UNUSABLE`. */
export async function startObservability(options: ObservabilityOptions): Promise<Observability> {
  const { metrics: address, tracing: settings, log, releases } = options;
  const served = address === undefined ? undefined : await serveMetrics(address, releases);
  const tracing = settings === undefined ? undefined : await startTracing(settings, log, releases);
  const observers: RequestObserver[] = [];
  if (served !== undefined) observers.push((request) => served.metrics.requestFinished(request));
  if (tracing !== undefined) observers.push((request) => tracing.requestFinished(request));
  if (log.isLevelEnabled("info")) {
    const accessLog = openAccessLog();
    releases.add(() => withinMs(FAREWELL_MS, accessLog.close()));
    observers.push(accessLog.observe);
  }
  return {
    observe: allOf(observers),
    metrics: served?.metrics ?? NO_METRICS,
    tracing,
    traced: (upstream, server) => tracing?.traced(upstream, server) ?? upstream,
    serve(gateway, onProgress) {
      const url = served?.serve({ vitals: () => gateway.vitals(), audit: () => gateway.backlog(), tasks: async () => gateway.tasks?.() });
      if (url !== undefined) onProgress(`metrics at ${url}`);
    },
  };
}

function allOf(observers: readonly RequestObserver[]): RequestObserver | undefined {
  if (observers.length < 2) return observers[0];
  return (request) => {
    for (const observe of observers) observe(request);
  };
}
