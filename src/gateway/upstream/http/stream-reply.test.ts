/** Streams of calls and of sessions, from servers that say what a test says. */
import { afterEach, describe, expect, test } from "bun:test";
import {
  type Answer,
  jsonReply,
  resultMessageOf,
  type SentMessage,
  startScriptedMcpServer,
  streamReply,
} from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { encodeSseMessage } from "../../../mcp/sse.ts";
import { answerText, callOf } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, type HttpLimits, httpUpstream } from "./http-upstream.ts";
import { plainResponse, type RawConnection, startRawHttpServer, until } from "./raw-http-server.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "scripted" } };
const withSession: Answer = (sent) => jsonReply(sent, INITIALIZED, { "mcp-session-id": crypto.randomUUID() });

function connect(url: string, events: Partial<UpstreamEvents> = {}, limits: Partial<HttpLimits> = {}) {
  const upstream = httpUpstream({
    handle: "one",
    url,
    allowLoopback: true,
    events: upstreamEvents(events),
    onLost: () => {},
    limits: { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 }, ...limits },
  });
  stops.push(() => upstream.close());
  return upstream;
}

function setup(answers: Readonly<Record<string, Answer>>, events: Partial<UpstreamEvents> = {}, limits: Partial<HttpLimits> = {}) {
  const server = startScriptedMcpServer({ answers: { initialize: withSession, ...answers } });
  stops.push(() => server[Symbol.asyncDispose]());
  const upstream = connect(server.url, events, limits);
  const call = (options: Partial<UpstreamCall> = {}) => answerText(upstream, callOf("tools/call", { peer: new TestPeer(), ...options }));
  return { server, upstream, call };
}

const event = (id: string, data: string, retry = 50) => `id: ${id}\nretry: ${retry}\ndata: ${data}\n\n`;
const noStream = () => new Response(null, { status: 405 });

/** What a GET answers: by the event behind which it reads, `-` for the session's own stream. */
function streams(byEvent: Readonly<Record<string, (sent: SentMessage) => Response>>): Answer {
  return (sent) => (byEvent[sent.headers.get("last-event-id") ?? "-"] ?? noStream)(sent);
}

describe("questions", () => {
  const question = String.raw`{"jsonrpc":"2.0","id":12345678901234567890,"method":"elicitation/create","params":{"message":"\u00e4","n":1.0}}`;

  test("keep their bytes both ways, and the reply goes to the session that asked and to no other", async () => {
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const { server, call } = setup({
      "tools/call": async (sent) => {
        const body = new ReadableStream({
          async start(controller) {
            controller.enqueue(encodeSseMessage(question));
            await answered;
            controller.enqueue(encodeSseMessage(resultMessageOf(sent.message.id, {})));
            controller.close();
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
      reply: () => {
        resolve();
        return new Response(null, { status: 202 });
      },
    });
    const asked: (string | undefined)[] = [];
    await call({
      peer: new TestPeer({ capabilities: { elicitation: {} } }),
      onQuestion: async ({ paramsText }) => {
        asked.push(paramsText);
        return { resultText: '{"action":"accept","content":{"n":2.0}}' };
      },
    });
    expect(asked).toEqual([String.raw`{"message":"\u00e4","n":1.0}`]);
    const [reply] = server.sent.filter(({ message }) => "result" in message);
    const [asking] = server.of("tools/call");
    expect(reply?.headers.get("mcp-session-id")).toBe(asking?.headers.get("mcp-session-id") ?? "");
    expect(reply?.message).toMatchObject({ result: { action: "accept", content: { n: 2 } } });
  });

  test("of a server without sessions are refused: it could not tell whose reply it is", async () => {
    const { server, call } = setup({
      initialize: (sent) => jsonReply(sent, INITIALIZED),
      "tools/call": (sent) => streamReply([encodeSseMessage(question), encodeSseMessage(resultMessageOf(sent.message.id, {}))]),
    });
    const onQuestion = () => Promise.reject(new Error("nobody may be asked"));
    await call({ peer: new TestPeer({ capabilities: { elicitation: {} } }), onQuestion });
    await until(() => server.sent.some(({ message }) => "error" in message));
    expect(server.sent.find(({ message }) => "error" in message)?.message.error).toMatchObject({ code: -32601 });
  });
});

describe("the stream of a call that ends before the answer", () => {
  test("is read on, over several ends, and all that came in it is heard in order", async () => {
    const note = (n: number) => `{"jsonrpc":"2.0","method":"notifications/message","params":{"n":${n}}}`;
    const { call, server } = setup({
      "tools/call": () => streamReply([event("a", note(1))]),
      "GET /mcp": streams({
        a: () => streamReply([event("b", note(2))]),
        b: () => streamReply([`id: c\ndata: ${resultMessageOf(1, { n: 3 })}\n\n`], "open"),
      }),
    });
    const heard: string[] = [];
    const polls: number[] = [];
    expect(JSON.parse(await call({ onNotification: (text) => heard.push(text), onPoll: (ms) => polls.push(ms) }))).toMatchObject({
      result: { n: 3 },
    });
    expect(heard).toEqual([note(1), note(2)]);
    expect(polls).toEqual([50, 50]);
    const [asking] = server.of("tools/call");
    const resumed = server.of("GET").filter(({ headers }) => headers.has("last-event-id"));
    for (const { headers } of resumed) expect(headers.get("mcp-session-id")).toBe(asking?.headers.get("mcp-session-id") ?? "");
  });

  test("is lost where no event had an id", async () => {
    const { call } = setup({ "tools/call": () => streamReply(["data: \n\nretry: 50\n\n"]) });
    await expect(call()).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
  });

  test.each([404, 405, 400])("is lost where its server then says HTTP %p", async (status) => {
    const { call } = setup({
      "tools/call": () => streamReply([event("a", "")]),
      "GET /mcp": streams({ a: () => new Response(null, { status }) }),
    });
    await expect(call()).rejects.toMatchObject({ reason: "UPSTREAM_LOST", message: expect.stringContaining(`HTTP ${status}`) });
  });

  test("is given up where its server fails again and again", async () => {
    let tries = 0;
    const failing = () => {
      tries += 1;
      return new Response(null, { status: 503 });
    };
    const { call } = setup({ "tools/call": () => streamReply([event("a", "", 0)]), "GET /mcp": streams({ a: failing }) });
    await expect(call()).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
    expect(tries).toBe(5);
  });

  test("is read on where the connection broke, which is no poll", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const answers: Readonly<Record<string, (connection: RawConnection) => unknown>> = {
      initialize: (connection) =>
        connection.send(
          plainResponse(resultMessageOf("mcpctl-initialize", INITIALIZED), "mcp-session-id: s\r\n").replace(
            "text/plain",
            "application/json",
          ),
        ),
      "tools/call": async (connection) => {
        await connection.send(head + chunk(event("a", "")));
        connection.reset();
      },
      "last-event-id": (connection) => connection.send(head + chunk(`data: ${resultMessageOf(1, {})}\n\n`)),
    };
    const server = startRawHttpServer({
      onRequest: (connection, request) => {
        const known = Object.keys(answers).find((word) => request.includes(word));
        const accepted = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        return known === undefined || request.includes("notifications/") ? connection.send(accepted) : answers[known]?.(connection);
      },
    });
    stops.push(() => server[Symbol.dispose]());
    const upstream = connect(server.url.href);
    const onPoll = () => {
      throw new Error("it did not end it");
    };
    const answer = await answerText(upstream, callOf("tools/call", { peer: new TestPeer(), onPoll }));
    expect(JSON.parse(answer)).toMatchObject({ id: 1, result: {} });
  });
});

describe("the stream of a session", () => {
  const listening = (peer = new TestPeer()) => {
    peer.listens = true;
    return peer;
  };
  const ownGets = (sent: readonly SentMessage[], nth: number) => {
    const ids = sent
      .filter(({ message }) => message.method === "notifications/initialized")
      .map(({ headers }) => headers.get("mcp-session-id"));
    return sent.filter(({ httpMethod, headers }) => httpMethod === "GET" && headers.get("mcp-session-id") === ids[nth]).length;
  };

  test("is not asked for again where the server has none, and is where it is only busy", async () => {
    const { server, call, upstream } = setup({ "GET /mcp": noStream });
    await upstream.ready();
    await call({ peer: listening() });
    await until(() => server.of("GET").length === 2);
    await call({ peer: listening() });
    await until(() => server.of("GET").length === 3);
    expect(ownGets(server.sent, 1)).toBe(1);

    let busy = true;
    const other = setup({
      "GET /mcp": () => {
        const status = busy ? 409 : 405;
        busy = false;
        return new Response(null, { status });
      },
    });
    await other.upstream.ready();
    await until(() => ownGets(other.server.sent, 0) === 2);
  });

  test("of more clients than half of the connections leaves the others to the calls", async () => {
    const open = () => streamReply([": open\n\n"], "open");
    const { server, call } = setup({ "GET /mcp": open }, {}, { maxConnections: 4 });
    for (let client = 0; client < 5; client += 1) await call({ peer: listening() });
    await until(() => server.of("GET").length === 2);
    for (let client = 0; client < 5; client += 1) expect(JSON.parse(await call({ peer: listening() }))).toMatchObject({ result: {} });
    expect(server.of("GET")).toHaveLength(2);
  });

  test("whose session is over is read no more, and the next call opens another one", async () => {
    const known = new Map<string, number>();
    const { server, call, upstream } = setup({
      "GET /mcp": (sent) => {
        const id = sent.headers.get("mcp-session-id") ?? "";
        const [own = id] = known.keys();
        known.set(id, (known.get(id) ?? 0) + 1);
        // The gateway's own session is the first, and goes on.
        if (id === own) return noStream();
        return (known.get(id) ?? 0) > 1 ? new Response(null, { status: 404 }) : streamReply(["retry: 50\n\n"]);
      },
    });
    const peer = listening();
    await upstream.ready();
    await until(() => known.size === 1);
    await call({ peer });
    const [first] = server.of("tools/call");
    const id = first?.headers.get("mcp-session-id") ?? "";
    await until(() => known.get(id) === 2);
    await until(() => peer.held === 0);
    await call({ peer });
    expect(server.of("tools/call")[1]?.headers.get("mcp-session-id")).not.toBe(id);
    expect(server.of("DELETE").filter(({ headers }) => headers.get("mcp-session-id") === id)).toEqual([]);
  });
});
