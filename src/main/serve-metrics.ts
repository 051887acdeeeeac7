import type { ListenAddress } from "../cli/address-flags.ts";
import { edgePolicyFor, foreignPart } from "../core/edge-policy.ts";
import type { GatewayMetrics } from "../gateway/metrics/gateway-metrics.ts";
import { NO_VITALS } from "../gateway/metrics/gateway-vitals.ts";
import type { MetricsSources, PrometheusMetrics } from "../gateway/metrics/prometheus/prometheus-metrics.ts";
import { baseUrl } from "./base-url.ts";
import { bindPort } from "./bind-port.ts";
import { watchProcess } from "./process-vitals.ts";
import type { Releases } from "./releases.ts";

/** Metrics that are counted, and served once there is something to read. */
export interface ServedMetrics {
  readonly metrics: GatewayMetrics;
  /** Answers at this URL from here on. */
  serve(sources: Omit<MetricsSources, "process">): string;
}

const MAX_BODY_BYTES = 1024;

/**
 * Takes the address for `GET /metrics`, away from the gateway's port: who calls servers has no business there.
 * Without it the library is not even loaded (15 MB). Throws `conflict`/`PORT_TAKEN`, `invalid`/`ADDRESS_UNUSABLE`.
 */
export async function serveMetrics({ host, port }: ListenAddress, releases: Releases): Promise<ServedMetrics> {
  const bound = bindPort({ hostname: host, port, flag: "--metrics-address", maxBodyBytes: MAX_BODY_BYTES });
  releases.add(() => bound.server.stop(true));
  const { PrometheusMetrics } = await import("../gateway/metrics/prometheus/prometheus-metrics.ts");
  const watched = watchProcess();
  releases.add(() => watched.stop());
  let sources: Omit<MetricsSources, "process"> | undefined;
  const metrics = new PrometheusMetrics({
    vitals: () => sources?.vitals() ?? NO_VITALS,
    audit: () => sources?.audit() ?? { waiting: 0, dropped: 0 },
    process: watched.read,
    tasks: async () => sources?.tasks(),
  });
  const edge = edgePolicyFor(host);
  return {
    metrics,
    serve(given) {
      sources = given;
      bound.serve((request) => answer(request, metrics, foreignPart(edge, request.headers.get("host"), request.headers.get("origin"))));
      return `${baseUrl(host, bound.server.port ?? 0)}/metrics`;
    },
  };
}

async function answer(request: Request, metrics: PrometheusMetrics, foreign: string | undefined): Promise<Response> {
  if (foreign !== undefined) return new Response("This Host or Origin may not call\n", { status: 403 });
  if (URL.parse(request.url)?.pathname !== "/metrics") return new Response("There is only /metrics here\n", { status: 404 });
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Only GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  return new Response(await metrics.render(), { headers: { "content-type": metrics.contentType, "cache-control": "no-store" } });
}
