/** What servers and clients must never get of each other; the numbers are those of the design's rules. */
import { afterEach, describe, expect, test } from "bun:test";
import {
  type Answer,
  jsonReply,
  type SentMessage,
  sseReply,
  startScriptedMcpServer,
} from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { answerText, callOf } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { UpstreamCall } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, type HttpUpstreamOptions, httpUpstream } from "./http-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const META = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
const MODERN: Answer = (sent) =>
  jsonReply(sent, { supportedVersions: ["2026-07-28"], capabilities: { tools: { listChanged: true }, resources: { subscribe: true } } });
const LEGACY: Answer = (sent) =>
  jsonReply(
    sent,
    { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: {} },
    { "mcp-session-id": crypto.randomUUID() },
  );

function scripted(answers: Readonly<Record<string, Answer>>) {
  const server = startScriptedMcpServer({ answers });
  stops.push(() => server[Symbol.asyncDispose]());
  return server;
}

function connect(url: string, options: Partial<HttpUpstreamOptions> = {}) {
  const upstream = httpUpstream({
    handle: "one",
    url,
    allowLoopback: true,
    events: upstreamEvents(),
    onLost: () => {},
    limits: { ...HTTP_LIMITS, reconnect: { firstMs: 3600_000, maxMs: 3600_000 } },
    ...options,
  });
  stops.push(() => upstream.close());
  upstream.start();
  const call = async (options: Partial<UpstreamCall> = {}) => JSON.parse(await answerText(upstream, callOf("tools/call", options)));
  return { upstream, call };
}

const modern = (name: string): Partial<UpstreamCall> => ({
  era: "modern",
  peer: new TestPeer(),
  idText: "1",
  paramsText: JSON.stringify({ name, _meta: META }),
});

describe("rule 2: nothing is shared between clients", () => {
  test("a modern server that gives callers each other's answers is believed by neither", async () => {
    const waiting: { readonly sent: SentMessage; readonly answer: (response: Response) => void }[] = [];
    const server = scripted({
      "server/discover": MODERN,
      "tools/call": (sent) => new Promise((answer) => waiting.push({ sent, answer })),
    });
    const { call } = connect(server.url, { era: "modern" });
    const calls = ["mine", "theirs"].map((name) => call(modern(name)).catch((error) => error));
    await until(() => waiting.length === 2);
    const [first, second] = waiting;
    first?.answer(jsonReply(second?.sent as SentMessage, { of: "theirs" }));
    second?.answer(jsonReply(first?.sent as SentMessage, { of: "mine" }));
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ reason: "UPSTREAM_BROKEN" });
  });

  test("two clients of one legacy server have two sessions, whatever their ids", async () => {
    const server = scripted({ "server/discover": () => new Response(null, { status: 404 }), initialize: LEGACY });
    const { call } = connect(server.url);
    await Promise.all([new TestPeer(), new TestPeer()].map((peer) => call({ peer, idText: "1", paramsText: '{"name":"echo"}' })));
    const sessions = server.of("tools/call").map(({ headers }) => headers.get("mcp-session-id"));
    expect(new Set(sessions).size).toBe(2);
  });
});

describe("rule 5: credentials go where they belong", () => {
  const SECRET = { authorization: "Bearer upstream-secret" };

  test("a redirect of whatever is asked leads nowhere, and no other origin hears of anything", async () => {
    const elsewhere = scripted({});
    const redirect = () => new Response(null, { status: 307, headers: { location: elsewhere.url } });
    const probed = connect(scripted({ "server/discover": redirect, initialize: redirect }).url, { headers: SECRET });
    await expect(probed.upstream.ready()).rejects.toMatchObject({ code: "internal" });
    const server = scripted({ "server/discover": MODERN, initialize: redirect, "tools/call": redirect, "subscriptions/listen": redirect });
    const { upstream, call } = connect(server.url, { headers: SECRET });
    await upstream.ready();
    await expect(call(modern("x"))).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN", message: expect.stringContaining("HTTP 307") });
    await until(() => server.of("subscriptions/listen").length > 0);
    expect(elsewhere.sent).toEqual([]);
  });

  test("the answer to a question and what a client says go with the server's own headers, to it alone", async () => {
    const server = scripted({
      "server/discover": () => new Response(null, { status: 404 }),
      initialize: LEGACY,
      "tools/call": (sent) =>
        sseReply('{"jsonrpc":"2.0","id":1,"method":"roots/list"}', JSON.stringify({ jsonrpc: "2.0", id: sent.message.id, result: {} })),
      "notifications/roots/list_changed": () => new Response(null, { status: 202 }),
    });
    const { upstream, call } = connect(server.url, { headers: SECRET });
    const peer = new TestPeer({ capabilities: { roots: {} } });
    const asked = { count: 0 };
    const onQuestion = async () => {
      asked.count += 1;
      return { resultText: '{"roots":[]}' };
    };
    await call({ peer, onQuestion, paramsText: '{"name":"x"}' });
    upstream.notify(peer, '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}');
    await until(() => server.of("notifications/roots/list_changed").length === 1);
    expect(asked.count).toBe(1);
    for (const { headers } of server.sent) expect(headers.get("authorization")).toBe("Bearer upstream-secret");
  });

  test("of a modern client's headers only those of tool arguments go on, its Authorization never", async () => {
    const server = scripted({ "server/discover": MODERN });
    const { call } = connect(server.url, { era: "modern", headers: SECRET });
    const headers = {
      Authorization: "Bearer inbound",
      cookie: "a=b",
      "mcp-session-id": "forged",
      "mcp-param-x": "1",
      "x-mcp-param-y": "2",
    };
    await call({ ...modern("echo"), headers });
    const sent = server.of("tools/call")[0]?.headers;
    expect(sent?.get("authorization")).toBe("Bearer upstream-secret");
    expect(["cookie", "mcp-session-id", "x-mcp-param-y"].map((name) => sent?.get(name) ?? null)).toEqual([null, null, null]);
    expect(sent?.get("mcp-param-x")).toBe("1");
  });
});
