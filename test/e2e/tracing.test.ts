import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { ModernCaller } from "./support/modern-caller.ts";
import { obligingBacking } from "./support/obliging-backing.ts";
import { Scratch } from "./support/scratch.ts";
import type { UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const scratch = new Scratch("tracing");

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The service's name. */
  readonly service: string;
}

const spans: SentSpan[] = [];
const headersOfCalls: Headers[] = [];
let collector: Bun.Server<undefined>;
let upstream: Bun.Server<undefined>;
let up: UpProcess;
let token = "";
let gateway = "";

const urlOf = (server: Bun.Server<undefined>) => `http://127.0.0.1:${server.port}`;

/** A collector that takes OTLP over HTTP. */
async function collect(request: Request): Promise<Response> {
  expect(new URL(request.url).pathname).toBe("/v1/traces");
  const { resourceSpans } = (await request.json()) as {
    resourceSpans: { resource: { attributes: { key: string; value: { stringValue: string } }[] }; scopeSpans: { spans: SentSpan[] }[] }[];
  };
  for (const { resource, scopeSpans } of resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? "";
    spans.push(...scopeSpans.flatMap(({ spans: sent }) => sent).map((span) => ({ ...span, service })));
  }
  return Response.json({});
}

/** A server at a URL with one tool, which keeps the headers of its calls. */
async function serveMcp(request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response(null, { status: 405 });
  const { id, method } = (await request.json()) as { id?: unknown; method: string };
  if (id === undefined) return new Response(null, { status: 202 });
  if (method === "tools/call") headersOfCalls.push(request.headers);
  const results: Readonly<Record<string, unknown>> = {
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "web", version: "1" } },
    "tools/list": { tools: [{ name: "echo", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "echo" }] },
  };
  return Response.json({ jsonrpc: "2.0", id, result: results[method] ?? {} });
}

beforeAll(async () => {
  collector = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: collect });
  upstream = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: serveMcp });
  const web: Backing = { kind: "url", url: `${urlOf(upstream)}/mcp` };
  const obliging = obligingBacking(scratch.path("up.flag"));
  token = await seedProject(scratch.path("up"), "e2e", { obliging, asking: { ...obliging, sharing: "per_session" }, web });
  up = scratch.up("up", { env: { OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector), OTEL_SERVICE_NAME: "the gateway" } });
  await up.started();
  gateway = await scratch.gatewayOf("up");
}, LIMIT_MS);

afterAll(async () => {
  await Promise.all([collector.stop(true), upstream.stop(true)]);
});

/** The spans of a trace, once there are so many. */
async function spansOf(traceId: string, count: number): Promise<SentSpan[]> {
  return waitUntil(`${count} spans have arrived`, () => {
    const found = spans.filter((span) => span.traceId === traceId);
    return found.length >= count && found;
  });
}

test(
  "a call is a span of the caller's trace with one for its server in it, and the server is told of that one in a header",
  async () => {
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    const reply = await caller.request("tools/call", {
      name: "web__echo",
      _meta: { traceparent: PARENT, tracestate: "v=1", baggage: "b=1" },
    });
    expect(reply.headers.get("x-trace-id")).toBe(TRACE);
    const found = await spansOf(TRACE, 2);
    const server = found.find(({ kind }) => kind === 2);
    const client = found.find(({ kind }) => kind === 3);
    expect(server).toMatchObject({ name: "tools/call echo", parentSpanId: "b7ad6b7169203331", service: "the gateway" });
    expect(client).toMatchObject({ name: "tools/call web", parentSpanId: server?.spanId ?? "" });
    const [headers] = headersOfCalls;
    expect(headers?.get("traceparent")).toBe(`00-${TRACE}-${client?.spanId}-01`);
    expect([headers?.get("tracestate"), headers?.get("baggage")]).toEqual(["v=1", "b=1"]);
    expect(headers?.get("authorization")).toBeNull();
  },
  LIMIT_MS,
);

test(
  "a process is told in _meta; a caller that names no trace gets one, and its id",
  async () => {
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    const reply = await caller.call("obliging__meta");
    const traceId = reply.headers.get("x-trace-id") ?? "";
    const client = (await spansOf(traceId, 2)).find(({ kind }) => kind === 3);
    expect(JSON.parse(reply.json.result.content[0].text)).toEqual({ traceparent: `00-${traceId}-${client?.spanId}-01` });
  },
  LIMIT_MS,
);

test(
  "a modern call is traced alike, at a process of the other era too",
  async () => {
    const traceId = "b".repeat(32);
    const meta = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const client = new ModernCaller(`${gateway}/mcp`, token);
    const response = await client.send("tools/call", { name: "obliging__meta" }, meta);
    expect(response.headers.get("x-trace-id")).toBe(traceId);
    const found = await spansOf(traceId, 2);
    const [server, called] = [2, 3].map((kind) => found.find((span) => span.kind === kind));
    expect(server).toMatchObject({ name: "tools/call meta", parentSpanId: "b7ad6b7169203331" });
    expect(called).toMatchObject({ name: "tools/call obliging", parentSpanId: server?.spanId ?? "" });
    const { result } = (await response.json()) as { result: { content: { text: string }[] } };
    expect(JSON.parse(result.content[0]?.text ?? "")).toEqual({ traceparent: `00-${traceId}-${called?.spanId}-01` });
  },
  LIMIT_MS,
);

test(
  "a call that waits for its client is one span at its server, to whose request the one that goes on with it is linked",
  async () => {
    const [asked, retried] = ["c".repeat(32), "d".repeat(32)];
    const said = (traceId: string) => ({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    const client = new ModernCaller(`${gateway}/mcp`, token);
    const parked = await client.park("asking__ask", said(asked));
    expect(parked.headers.get("x-trace-id")).toBe(asked);
    const done = await client.send("tools/call", parked.params, said(retried));
    expect(done.headers.get("x-trace-id")).toBe(retried);
    expect(await done.json()).toMatchObject({ result: { resultType: "complete" } });
    const first = await spansOf(asked, 2);
    expect(first.filter(({ kind }) => kind === 3)).toHaveLength(1);
    const [again, ...others] = await spansOf(retried, 1);
    expect(others).toEqual([]);
    expect(again).toMatchObject({ kind: 2, name: "tools/call ask" });
    const begun = first.find(({ kind }) => kind === 2);
    expect(again?.links).toMatchObject([{ traceId: asked, spanId: begun?.spanId ?? "" }]);
  },
  LIMIT_MS,
);

test(
  "a gateway apart hands its trace on to mcpd, and what is left is sent when it stops",
  async () => {
    const api = /API\s+(\S+)/.exec(up.stdout)?.[1] ?? "";
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${urlOf(collector)}/v1/traces` };
    const apart = new GatewayProcess(api, env);
    afterAll(() => apart[Symbol.asyncDispose]());
    const caller = await McpCaller.open(`${await apart.ready()}/mcp`, token);
    const reply = await caller.call("obliging__meta");
    expect(await apart.stop()).toBe(0);
    const traceId = reply.headers.get("x-trace-id") ?? "";
    // The bare gateway's server and client span, then mcpd's.
    const found = await spansOf(traceId, 4);
    const root = found.find(({ parentSpanId }) => parentSpanId === undefined);
    const chain = [root];
    for (let next = root; next !== undefined; chain.push(next)) next = found.find(({ parentSpanId }) => parentSpanId === next?.spanId);
    expect(chain.slice(0, -1).map((span) => [span?.service, span?.kind])).toEqual([
      ["mcplocal", 2],
      ["mcplocal", 3],
      ["the gateway", 2],
      ["the gateway", 3],
    ]);
  },
  LIMIT_MS,
);

test(
  "without a collector nothing is sent, and a server hears of a trace what the caller said and no more",
  async () => {
    const quiet = await seedProject(scratch.path("quiet"), "e2e", { obliging: obligingBacking(scratch.path("quiet.flag")) });
    await scratch.up("quiet").started();
    const caller = await McpCaller.open(`${await scratch.gatewayOf("quiet")}/mcp`, quiet);
    const before = spans.length;
    const said = await caller.request("tools/call", { name: "obliging__meta", _meta: { traceparent: PARENT } });
    expect(JSON.parse(said.json.result.content[0].text)).toEqual({ traceparent: PARENT });
    expect(JSON.parse((await caller.call("obliging__meta")).json.result.content[0].text)).toBeNull();
    expect(spans).toHaveLength(before);
  },
  LIMIT_MS,
);

test("a collector's URL that is none is said at the start", async () => {
  const config = scratch.path("bad.toml");
  writeFileSync(config, '[tracing]\nendpoint = "localhost:4318"\n');
  const run = await scratch.run("mcpctl", ["up", "--data-dir", scratch.path("bad"), "--config", config]);
  expect(run).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^error: tracing\.endpoint 'localhost:4318' is no URL.*\nhint: /),
  });
});
