import type { ListenAddress } from "../cli/address-flags.ts";
import type { RequestObserver } from "../gateway/audit/finished-request.ts";
import { type GatewayMetrics, NO_METRICS } from "../gateway/metrics/gateway-metrics.ts";
import type { GatewayVitals } from "../gateway/metrics/gateway-vitals.ts";
import type { Releases } from "./releases.ts";
import { serveMetrics } from "./serve-metrics.ts";

export interface ObservabilityOptions {
  /** Undefined: no metrics. */
  readonly metrics: ListenAddress | undefined;
  readonly releases: Releases;
}

/** What is read of a gateway that runs. */
export interface ObservedGateway {
  vitals(): GatewayVitals;
  /** Its audit events on their way to the log. */
  backlog(): { readonly waiting: number; readonly dropped: number };
}

/** How a gateway is watched from outside. */
export interface Observability {
  /** Hears of each request that is over; undefined where nobody wants to. */
  readonly observe: RequestObserver | undefined;
  readonly metrics: GatewayMetrics;
  /** Serves what is read of this gateway, and says where. */
  serve(gateway: ObservedGateway, onProgress: (line: string) => void): void;
}

/** Throws `conflict`/`PORT_TAKEN`, `invalid`/`ADDRESS_UNUSABLE`. */
export async function startObservability({ metrics: address, releases }: ObservabilityOptions): Promise<Observability> {
  const served = address === undefined ? undefined : await serveMetrics(address, releases);
  const observers: RequestObserver[] = [];
  if (served !== undefined) observers.push((request) => served.metrics.requestFinished(request));
  return {
    observe: allOf(observers),
    metrics: served?.metrics ?? NO_METRICS,
    serve(gateway, onProgress) {
      const url = served?.serve({ vitals: () => gateway.vitals(), audit: () => gateway.backlog() });
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
