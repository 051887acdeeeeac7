/** The trace of a call at real servers of both eras, whichever era the caller speaks. */
import { afterEach, expect, test } from "bun:test";
import { answerText, callOf } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { UpstreamCall } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "./http-upstream.ts";
import { startSdkV1Http } from "./sdk-v1-http.fixture.ts";
import { startSdkV2Http } from "./sdk-v2-http.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const TRACED = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "vendor=1",
  baggage: "user=ann",
};
const META = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };

const CALLS: Readonly<Record<UpstreamCall["era"], object>> = {
  legacy: { name: "echo", arguments: {} },
  modern: { name: "echo", arguments: {}, _meta: META },
};

/** A proxy before a server that keeps the trace of each tools/call. */
function watching(url: string) {
  const told: (string | null)[][] = [];
  const proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const body = request.method === "POST" ? await request.text() : undefined;
      if (body?.includes('"tools/call"')) told.push(Object.keys(TRACED).map((name) => request.headers.get(name)));
      return fetch(url, { method: request.method, headers: request.headers, ...(body === undefined ? {} : { body }) });
    },
  });
  stops.push(() => proxy.stop(true));
  return { told, url: `http://127.0.0.1:${proxy.port}/mcp` };
}

const CELLS = [
  ["legacy", "legacy", startSdkV1Http],
  ["modern", "legacy", startSdkV1Http],
  ["legacy", "modern", startSdkV2Http],
  ["modern", "modern", startSdkV2Http],
] as const;

test.each(CELLS)("a %s caller's call takes its trace along to a %s server, in headers", async (era, _, start) => {
  const server = start();
  stops.push(() => server[Symbol.dispose]());
  const { told, url } = watching(server.url);
  const upstream = httpUpstream({
    handle: "one",
    url,
    allowLoopback: true,
    events: upstreamEvents(),
    onLost: () => {},
    limits: HTTP_LIMITS,
  });
  stops.push(() => upstream.close());
  upstream.start();
  const peer = new TestPeer();
  const paramsText = JSON.stringify(CALLS[era]);
  const call = (more: Partial<UpstreamCall>) => answerText(upstream, callOf("tools/call", { era, peer, paramsText, ...more }));
  await call({ trace: { propagated: TRACED, span: undefined } });
  await call({});
  expect(told).toEqual([Object.values(TRACED), [null, null, null]]);
  peer.close();
});
