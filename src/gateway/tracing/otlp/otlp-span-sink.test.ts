/** Against a real receiver of OTLP over HTTP on loopback. */
import { afterEach, expect, test } from "bun:test";
import type { FinishedSpan } from "../finished-span.ts";
import { type ClosableSpanSink, OTLP_LIMITS, type OtlpLimits, otlpSpanSink } from "./otlp-span-sink.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const servers: Bun.Server<undefined>[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(true)));
});

function spanOf(change: Partial<FinishedSpan> = {}): FinishedSpan {
  return {
    span: {
      traceId: TRACE,
      spanId: "b7ad6b7169203331",
      parentSpanId: "00f067aa0ba902b7",
      flags: 1,
      tracestate: "v=1",
      baggage: undefined,
      continues: undefined,
    },
    name: "tools/call search",
    kind: "server",
    startMs: 1_700_000_000_000.25,
    endMs: 1_700_000_000_002.5,
    attributes: { "mcp.method.name": "tools/call", "http.response.status_code": 200 },
    error: undefined,
    ...change,
  };
}

/** What a collector is sent, as far as tests look at it. */
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: unknown;
    readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly unknown[] }[];
  }[];
}

function spansIn(sent: Sent): unknown[] {
  return sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** A collector that keeps the bodies that it is sent. */
function collector(status = 200) {
  const got: { readonly path: string; readonly type: string | null; readonly body: Sent }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      got.push({ path: new URL(request.url).pathname, type: request.headers.get("content-type"), body: (await request.json()) as Sent });
      return Response.json({}, { status });
    },
  });
  servers.push(server);
  return { got, url: `http://127.0.0.1:${server.port}/v1/traces` };
}

function open(url: string, limits: Partial<OtlpLimits> = {}): { readonly sink: ClosableSpanSink; readonly failures: string[] } {
  const failures: string[] = [];
  const onFailure = (message: string) => void failures.push(message);
  const resource = { "deployment.environment": "test" };
  return { sink: otlpSpanSink({ url, serviceName: "edge", resource, onFailure, limits: { ...OTLP_LIMITS, ...limits } }), failures };
}

const VERSION = expect.any(String);

test("spans arrive as OTLP has them, with where they come from, when the sink is closed at the latest", async () => {
  const { got, url } = collector();
  const { sink, failures } = open(url);
  sink.take(spanOf());
  sink.take(spanOf({ kind: "client", name: "tools/call content", error: "UPSTREAM_LOST" }));
  await sink.close();
  expect(failures).toEqual([]);
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ path: "/v1/traces", type: "application/json" });
  const { resourceSpans = [] } = got[0]?.body ?? {};
  expect(resourceSpans[0]?.resource).toMatchObject({
    attributes: expect.arrayContaining([
      { key: "service.name", value: { stringValue: "edge" } },
      { key: "service.version", value: { stringValue: VERSION } },
      { key: "deployment.environment", value: { stringValue: "test" } },
    ]),
  });
  const [{ scope, spans = [] } = {}] = resourceSpans[0]?.scopeSpans ?? [];
  expect(scope).toEqual({ name: "mcpctl", version: VERSION });
  expect(spans).toMatchObject([
    {
      traceId: TRACE,
      spanId: "b7ad6b7169203331",
      parentSpanId: "00f067aa0ba902b7",
      traceState: "v=1",
      name: "tools/call search",
      kind: 2,
      startTimeUnixNano: "1700000000000250000",
      endTimeUnixNano: "1700000000002500000",
      attributes: [
        { key: "mcp.method.name", value: { stringValue: "tools/call" } },
        { key: "http.response.status_code", value: { intValue: 200 } },
      ],
      status: { code: 0 },
    },
    { kind: 3, name: "tools/call content", status: { code: 2, message: "UPSTREAM_LOST" } },
  ]);
});

test("a span that goes on with an earlier one is linked to it", async () => {
  const { got, url } = collector();
  const { sink } = open(url);
  const earlier = { traceId: "a".repeat(32), spanId: "b".repeat(16), flags: 1 };
  sink.take(spanOf());
  sink.take(spanOf({ span: { ...spanOf().span, continues: earlier } }));
  await sink.close();
  const links = got.flatMap(({ body }) => spansIn(body)).map((span) => (span as { readonly links?: readonly unknown[] }).links ?? []);
  expect(links).toMatchObject([[], [{ traceId: earlier.traceId, spanId: earlier.spanId }]]);
});

test("spans go out by themselves, in batches", async () => {
  const { got, url } = collector();
  const { sink } = open(url, { maxExportBatchSize: 10, scheduledDelayMillis: 5 });
  for (let at = 0; at < 25; at += 1) sink.take(spanOf());
  const count = () => got.flatMap(({ body }) => spansIn(body)).length;
  const deadline = performance.now() + 10_000;
  while (count() < 25 && performance.now() < deadline) await Bun.sleep(5);
  expect(count()).toBe(25);
  expect(got.length).toBeGreaterThanOrEqual(3);
  await sink.close();
});

test("a collector that is away costs nobody anything: what is lost is told, what is too much is dropped", async () => {
  const { url } = collector();
  await servers.splice(0)[0]?.stop(true);
  const { sink, failures } = open(url, { maxQueueSize: 10, maxExportBatchSize: 10, exportTimeoutMillis: 200 });
  for (let at = 0; at < 1000; at += 1) sink.take(spanOf());
  await sink.close();
  expect(failures.length).toBeGreaterThan(0);
});

test("one that refuses is told of too", async () => {
  const { url } = collector(400);
  const { sink, failures } = open(url);
  sink.take(spanOf());
  await sink.close();
  expect(failures.join("\n")).toMatch(/400|Bad Request/);
});
