import { expect, test } from "bun:test";
import { beginTrail } from "../../audit/request-trail.ts";
import type { GatewayVitals } from "../gateway-vitals.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";

const VITALS: GatewayVitals = {
  sessionsHeld: 3,
  streamsOpen: { legacy: 2, modern: 6 },
  callsParked: 1,
  servers: [
    { handle: "one", state: "ready", cause: undefined, callsInFlight: 4, stale: false, catalogAgeMs: 1500 },
    { handle: "two", state: "failed", cause: "UPSTREAM_LOST", callsInFlight: 0, stale: true, catalogAgeMs: undefined },
    { handle: "odd", state: "failed", cause: 'it said "hello"\n', callsInFlight: 0, stale: false, catalogAgeMs: undefined },
  ],
};
const PROCESS = {
  cpuSeconds: 1.5,
  residentBytes: 1024,
  startedAt: 1_700_000_000,
  openDescriptors: 12,
  loopLag: { median: 0.001, p99: 0.002, max: 0.5 },
};

function open(vitals: GatewayVitals = VITALS) {
  const now = { vitals };
  const metrics = new PrometheusMetrics({
    vitals: () => now.vitals,
    audit: () => ({ waiting: 7, dropped: 5 }),
    process: () => PROCESS,
    tasks: async () => ({ queued: 4, preparing: 0, running: 2, finished: 9, failed: 1, canceled: 0 }),
  });
  return { metrics, now, lines: async () => (await metrics.render()).split("\n") };
}

function finished(server: string | undefined, durationMs: number) {
  const trail = beginTrail({ traceId: "t", address: undefined, httpMethod: "GET", path: "/mcp", startedAt: 0 });
  return { trail, server, outcome: "ok", code: undefined, status: 200, durationMs } as const;
}

test("what happened is counted under fixed names, each reading from the beginning and not on top of the last", async () => {
  const { metrics, lines } = open();
  metrics.requestFinished(finished("one", 3));
  metrics.requestFinished({ ...finished("one", 4), outcome: "refused", code: "rate_limited", status: 429 });
  metrics.limiterFailed("global");
  metrics.childRestarted("two");
  metrics.streamCut();
  metrics.taskEnded("finished", 40);
  await lines();
  const all = await lines();
  for (const line of [
    'mcpctl_gateway_requests_total{server="one",method="listen",outcome="ok",code="ok",status="200"} 1',
    'mcpctl_gateway_requests_total{server="one",method="listen",outcome="refused",code="rate_limited",status="429"} 1',
    'mcpctl_gateway_rate_limited_total{server="one"} 1',
    'mcpctl_gateway_request_duration_seconds_bucket{server="one",method="listen",le="0.0025"} 0',
    'mcpctl_gateway_request_duration_seconds_bucket{server="one",method="listen",le="0.005"} 2',
    'mcpctl_gateway_request_duration_seconds_bucket{server="one",method="listen",le="+Inf"} 2',
    'mcpctl_gateway_request_duration_seconds_sum{server="one",method="listen"} 0.007',
    'mcpctl_gateway_request_duration_seconds_count{server="one",method="listen"} 2',
    "# TYPE mcpctl_gateway_request_duration_seconds histogram",
    'mcpctl_gateway_limiter_failures_total{limiter="global"} 1',
    'mcpctl_gateway_child_restarts_total{server="two"} 1',
    "mcpctl_gateway_streams_cut_total 1",
    'mcpctl_tasks{state="queued"} 4',
    'mcpctl_tasks{state="finished"} 9',
    'mcpctl_task_latency_seconds_bucket{le="0.025",state="finished"} 0',
    'mcpctl_task_latency_seconds_bucket{le="0.05",state="finished"} 1',
    'mcpctl_task_latency_seconds_sum{state="finished"} 0.04',
    "mcpctl_audit_events_dropped_total 5",
    "mcpctl_audit_events_waiting 7",
  ]) {
    expect(all).toContain(line);
  }
});

test("what a gateway and its process hold is read when it is asked for", async () => {
  const { now, lines } = open();
  const all = await lines();
  for (const line of [
    "mcpctl_gateway_sessions_held 3",
    'mcpctl_gateway_streams_open{era="legacy"} 2',
    'mcpctl_gateway_streams_open{era="modern"} 6',
    "mcpctl_gateway_calls_parked 1",
    'mcpctl_gateway_server_state{server="one",state="ready",reason=""} 1',
    'mcpctl_gateway_server_state{server="two",state="failed",reason="UPSTREAM_LOST"} 1',
    'mcpctl_gateway_server_state{server="odd",state="failed",reason="OTHER"} 1',
    'mcpctl_gateway_calls_in_flight{server="one"} 4',
    'mcpctl_gateway_catalog_stale{server="two"} 1',
    'mcpctl_gateway_catalog_stale{server="one"} 0',
    'mcpctl_gateway_catalog_age_seconds{server="one"} 1.5',
    "process_cpu_seconds_total 1.5",
    "process_resident_memory_bytes 1024",
    "process_open_fds 12",
    'mcpctl_event_loop_lag_seconds{quantile="1"} 0.5',
  ]) {
    expect(all).toContain(line);
  }
  expect(all.filter((line) => line.startsWith("mcpctl_gateway_catalog_age_seconds{"))).toHaveLength(1);
  now.vitals = { ...VITALS, sessionsHeld: 0, servers: VITALS.servers.slice(0, 1) };
  const later = await lines();
  expect(later).toContain("mcpctl_gateway_sessions_held 0");
  expect(later.filter((line) => line.includes('server="two"'))).toEqual([]);
});

test("series of a server that is gone are gone, those of the others stay", async () => {
  const { metrics, now, lines } = open();
  metrics.requestFinished(finished("one", 1));
  metrics.requestFinished(finished("two", 1));
  metrics.childRestarted("two");
  now.vitals = { ...VITALS, servers: VITALS.servers.slice(0, 1) };
  const all = await lines();
  expect(all.some((line) => line.includes('server="two"'))).toBe(false);
  expect(all).toContain('mcpctl_gateway_request_duration_seconds_count{server="one",method="listen"} 1');
});

test("words for limiters have a bound, so that a mistake of ours makes no series without end", async () => {
  const { metrics, lines } = open();
  for (let at = 0; at < 200; at += 1) metrics.limiterFailed(`limiter ${at}`);
  const found = (await lines()).filter((line) => line.startsWith("mcpctl_gateway_limiter_failures_total{"));
  expect(found).toHaveLength(51);
  expect(found).toContain('mcpctl_gateway_limiter_failures_total{limiter="other"} 150');
});
