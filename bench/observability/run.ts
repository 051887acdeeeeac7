/** `sh scripts/bun.sh bench/observability/run.ts [--quick]`: measures what watching a request costs it. */

import pino from "pino";
import { accessRecord } from "../../src/gateway/access-log/access-record.ts";
import type { RequestObserver } from "../../src/gateway/audit/finished-request.ts";
import { recordRequest } from "../../src/gateway/audit/record-request.ts";
import { beginTrail } from "../../src/gateway/audit/request-trail.ts";
import { NO_VITALS } from "../../src/gateway/metrics/gateway-vitals.ts";
import { PrometheusMetrics } from "../../src/gateway/metrics/prometheus/prometheus-metrics.ts";
import type { ServedServer } from "../../src/gateway/serving/served-server.ts";
import { Tracer } from "../../src/gateway/tracing/tracer.ts";
import { parseBody } from "../../src/mcp/envelope.ts";
import { median } from "../gateway/report/statistics.ts";
import { textTable } from "../gateway/report/text-table.ts";

const EFFORT = process.argv.includes("--quick") ? { rounds: 3, requests: 20_000 } : { rounds: 9, requests: 500_000 };
/** What being counted may cost a request; lines of the log and traces are off by default, and measured for comparison. */
const BUDGET_NS: Readonly<Record<string, number>> = { metrics: 1000 };

let kept = 0;

const metrics = new PrometheusMetrics({
  vitals: () => NO_VITALS,
  audit: () => ({ waiting: 0, dropped: 0 }),
  process: () => ({ cpuSeconds: 0, residentBytes: 0, startedAt: 0, openDescriptors: 0, loopLag: { median: 0, p99: 0, max: 0 } }),
  tasks: async () => undefined,
});

/** Its spans go nowhere: what it takes to send them is paid in the background, and by the collector's distance. */
const tracerOf = (ratio: number) => {
  const sink = {
    take: () => {
      kept += 1;
    },
  };
  return new Tracer({ sink, ratio, epochMs: () => performance.timeOrigin + performance.now() });
};
const log = pino(
  { level: "info", base: null },
  {
    write: () => {
      kept += 1;
    },
  },
);
const [recording, skipping] = [tracerOf(1), tracerOf(0)];

const WAYS: Readonly<Record<string, RequestObserver | undefined>> = {
  "not watched": undefined,
  metrics: (request) => metrics.requestFinished(request),
  "a line of the log": (request) => log.info(accessRecord(request), "request"),
  "traces, none recorded": (request) => skipping.requestFinished(request),
  "traces, all recorded": (request) => recording.requestFinished(request),
};

const message = parseBody('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"s7__echo","arguments":{"text":"hello"}}}');
const answer = { kind: "answer", body: '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hello"}]}}' } as const;
const known = new Set(Array.from({ length: 50 }, (_, at) => `s${at}`));
/** What recording one finished call costs, in ns: its audit event is made too, and thrown away. */
function perRequest(observe: RequestObserver | undefined): number {
  const deps = {
    audit: () => {
      kept += 1;
    },
    observe,
    served: { server: (handle: string) => (known.has(handle) ? ({} as ServedServer) : undefined) },
    clock: { now: () => new Date() },
    monotonicNow: () => performance.now(),
  };
  const start = Bun.nanoseconds();
  for (let turn = 0; turn < EFFORT.requests; turn += 1) {
    const trail = beginTrail({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      address: undefined,
      httpMethod: "POST",
      path: "/mcp",
      startedAt: 0,
    });
    if (message.kind !== "batch") trail.message = message;
    trail.server = `s${turn % 50}`;
    trail.tool = "echo";
    recordRequest(deps, trail, answer);
  }
  return (Bun.nanoseconds() - start) / EFFORT.requests;
}

const rounds = Object.fromEntries(Object.keys(WAYS).map((name) => [name, [] as number[]]));
for (const observe of Object.values(WAYS)) perRequest(observe);
// Rounds run A B A B: what else the machine does falls on all alike.
for (let round = 0; round < EFFORT.rounds; round += 1) {
  for (const [name, observe] of Object.entries(WAYS)) rounds[name]?.push(perRequest(observe));
}
if (kept === 0) throw new Error("nothing was measured");
const base = median(rounds["not watched"] ?? []);
const rows = Object.entries(rounds).map(([name, values]) => {
  const added = median(values) - base;
  const budget = BUDGET_NS[name];
  const verdict = budget === undefined ? ["none", ""] : [`at most ${budget}`, added <= budget ? "met" : "missed"];
  return [name, Math.round(median(values)).toString(), Math.round(added).toString(), ...verdict];
});
process.stdout.write(`${textTable(["a finished request", "ns", "added", "budget", ""], rows).join("\n")}\n`);
