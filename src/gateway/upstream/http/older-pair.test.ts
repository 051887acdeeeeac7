/** Servers that refuse Streamable HTTP and may speak the older pair of HTTP and SSE, which a test plays. */
import { afterEach, describe, expect, test } from "bun:test";
import { type Answer, errorReply, startScriptedMcpServer } from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { answerText, callOf, toolResult } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { MessagePipe } from "../pipe/message-pipe.ts";
import type { QuestionReply } from "../upstream.ts";
import { upstreamUnavailable } from "../upstream-errors.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, type HttpUpstreamOptions, httpUpstream } from "./http-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";
import { startSdkV1Sse } from "./sdk-v1-sse.fixture.ts";
import type { SsePlace } from "./sse-place.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Pair {
  readonly written: { id?: unknown; method?: string; params?: Record<string, unknown>; result?: unknown }[];
  open: boolean;
}

function setup(initialize: Answer, { works = true, ...options }: Partial<HttpUpstreamOptions> & { works?: boolean } = {}) {
  const server = startScriptedMcpServer({ answers: { "server/discover": (sent) => errorReply(sent, -32601, "no"), initialize } });
  const pairs: Pair[] = [];
  const places: SsePlace[] = [];
  const openSse = (place: SsePlace) => {
    places.push(place);
    return async (onMessage: (text: string) => void): Promise<MessagePipe> => {
      if (!works) throw upstreamUnavailable("one", "no endpoint event came");
      const pair: Pair = { written: [], open: true };
      pairs.push(pair);
      const { promise: closed, resolve } = Promise.withResolvers<string>();
      const answer = (id: unknown, result: object) => onMessage(JSON.stringify({ jsonrpc: "2.0", id, result }));
      const write = (text: string): undefined => {
        const message = JSON.parse(text);
        pair.written.push(message);
        const { id, method, result } = message;
        if (method === "initialize")
          answer(id, { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo: { name: "old" } });
        else if (method === "tools/call" && message.params.name === "ask")
          onMessage(`{"jsonrpc":"2.0","id":"q${id}","method":"roots/list"}`);
        else if (method === "tools/call") answer(id, { content: [], pair: pairs.indexOf(pair) });
        else if (result !== undefined) answer(Number(String(id).slice(1)), { content: [], told: result });
      };
      const stop = async () => {
        pair.open = false;
        resolve("it is stopped");
      };
      return { write, closed, shown: (text: string) => text, stop };
    };
  };
  const upstream = httpUpstream({
    handle: "one",
    url: server.url,
    allowLoopback: true,
    events: upstreamEvents(),
    onLost: () => {},
    limits: { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 } },
    openSse,
    ...options,
  });
  stops.push(
    () => server[Symbol.asyncDispose](),
    () => upstream.close(),
  );
  upstream.start();
  return { server, upstream, pairs, places };
}

const refusing = (status: number) => () => new Response(null, { status });
const call = (name: string, options = {}) => callOf("tools/call", { paramsText: JSON.stringify({ name }), ...options });

test.each([400, 404, 405])("HTTP %p to initialize leads to the older pair", async (status) => {
  const { upstream, pairs } = setup(refusing(status));
  expect(await upstream.ready()).toMatchObject({ protocolVersion: "2024-11-05", serverInfo: { name: "old" } });
  expect(pairs).toHaveLength(1);
  expect(upstream.keepsPeers()).toBe(true);
});

test.each<[string, Answer, Partial<HttpUpstreamOptions>]>([
  ["a server that fails", refusing(500), {}],
  ["one that refuses us", refusing(401), {}],
  [
    "one of the modern era",
    (sent) => Response.json({ jsonrpc: "2.0", id: sent.message.id, error: { code: -32022, message: "no" } }, { status: 400 }),
    {},
  ],
  ["one that is to speak Streamable HTTP", refusing(404), { transport: "streamable-http" }],
])("%s is not taken for one of the older pair", async (_, initialize, options) => {
  const { upstream, pairs } = setup(initialize, options);
  await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
  expect(pairs).toEqual([]);
});

test("a server that speaks neither says what it said to the newer one", async () => {
  const { upstream } = setup(refusing(404), { works: false });
  await expect(upstream.ready()).rejects.toMatchObject({ message: expect.stringContaining("HTTP 404") });
});

test("one that is to speak the older pair is asked nothing else", async () => {
  const { upstream, server } = setup(refusing(404), { transport: "sse" });
  await upstream.ready();
  expect(server.sent).toEqual([]);
});

describe("over the older pair", () => {
  const setupPair = () => setup(refusing(405));

  test("each client has a pair of its own, which ends with it, and all end with the server", async () => {
    const { upstream, pairs } = setupPair();
    const [mine, theirs] = [new TestPeer({ capabilities: { roots: {} }, clientInfo: { name: "mine" } }), new TestPeer()];
    const pairOf = async (peer?: TestPeer) => JSON.parse(await answerText(upstream, call("x", { peer }))).result.pair;
    expect([await pairOf(mine), await pairOf(theirs), await pairOf(), await pairOf(mine)]).toEqual([1, 2, 0, 1]);
    expect(pairs[1]?.written[0]?.params).toMatchObject({ capabilities: { roots: {} }, clientInfo: { name: "mine" } });
    upstream.notify(mine, '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}');
    expect(pairs.map(({ written }) => written.at(-1)?.method === "notifications/roots/list_changed")).toEqual([false, true, false]);
    mine.close();
    await until(() => pairs[1]?.open === false);
    await upstream.close();
    expect(pairs.map(({ open }) => open)).toEqual([false, false, false]);
  });

  test("a client is asked in its own pair, and modern callers are served over the bridge", async () => {
    const { upstream } = setupPair();
    const peer = new TestPeer({ capabilities: { roots: {} } });
    const onQuestion = async (): Promise<QuestionReply> => ({ resultText: '{"roots":[]}' });
    expect(JSON.parse(await answerText(upstream, call("ask", { peer, onQuestion })))).toMatchObject({ result: { told: { roots: [] } } });
    expect(JSON.parse(await answerText(upstream, call("x", { peer, era: "modern" })))).toMatchObject({
      result: { resultType: "complete" },
    });
  });

  test("the server's headers and guard go to its own origin and to no other", () => {
    const { places } = setupPair();
    const [place] = places;
    expect(() => place?.clientFor(new URL("http://127.0.0.1:1/messages"))).toThrow(expect.objectContaining({ reason: "UPSTREAM_BROKEN" }));
    place?.clientFor(new URL("/messages?id=1", place.url)).close();
  });
});

test("a server of the SDK with the older transport knows each of its clients, asks them and lets them go", async () => {
  const sdk = await startSdkV1Sse();
  const upstream = httpUpstream({
    handle: "one",
    url: sdk.url.href,
    allowLoopback: true,
    events: upstreamEvents(),
    onLost: () => {},
    limits: HTTP_LIMITS,
  });
  stops.push(
    () => sdk[Symbol.dispose](),
    () => upstream.close(),
  );
  expect(await upstream.ready()).toMatchObject({ serverInfo: { name: "sdk-v1" } });
  const peers = ["a", "b"].map((name) => new TestPeer({ capabilities: { elicitation: {} }, clientInfo: { name, version: "1" } }));
  const said = async (name: string, peer: TestPeer, onQuestion?: () => Promise<QuestionReply>) => {
    const result = await toolResult(upstream, name, {}, { peer, onQuestion });
    return JSON.parse(result.content[0].text);
  };
  for (const peer of peers) expect((await said("client", peer)).is).toEqual(peer.clientInfo);
  const answer = async (): Promise<QuestionReply> => ({ resultText: '{"action":"accept","content":{"n":1}}' });
  for (const tool of ["elicit", "elicit-apart"]) {
    expect(await said(tool, peers[0] as TestPeer, answer)).toEqual({ action: "accept", content: { n: 1 } });
  }
  expect(sdk.open).toBe(3);
  peers[0]?.close();
  await until(() => sdk.open === 2);
  await upstream.close();
  await until(() => sdk.open === 0);
});
