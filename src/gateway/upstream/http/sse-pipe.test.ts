/** Servers of the HTTP+SSE transport: one stream that many callers share, and posts. */
import { afterEach, describe, expect, jest, test } from "bun:test";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { callOf } from "../call.fixture.ts";
import type { UpstreamCall } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { connectSse, type SseConnectionOptions } from "./connect-sse.fixture.ts";
import { openClient } from "./http1-client.fixture.ts";
import type { Http1Client } from "./http1-client.ts";
import { plainResponse, startRawHttpServer, until } from "./raw-http-server.fixture.ts";
import { ACCEPTED, ENDPOINT, type RawSseScript, startRawSseServer } from "./raw-sse-server.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const stop of stops.splice(0).reverse()) await stop();
});

const never = new AbortController().signal;

function setup(script: RawSseScript = {}, options: Partial<SseConnectionOptions> = {}) {
  const server = startRawSseServer(script);
  const clients: Http1Client[] = [];
  const heard: string[] = [];
  stops.push(
    () => server[Symbol.dispose](),
    () => clients.map((client) => client.close()),
  );
  const open = (url: URL) => {
    const { client } = openClient(url, { headers: { "x-key": "secret" }, maxConnections: 1000 });
    clients.push(client);
    return client;
  };
  const events = upstreamEvents({ listChanged: () => heard.push("lists"), resourceUpdated: (uri) => heard.push(uri) });
  const connect = (signal = never) =>
    connectSse(
      { handle: "one", url: server.url, open, events, initializeTimeoutMs: 5000, maxInFlight: 100, maxEventBytes: 100_000, ...options },
      signal,
    );
  return { server, heard, clients, connect };
}

const call = (idText: string, options: Partial<UpstreamCall> = {}) => callOf("tools/call", { idText, ...options });
const resultOf = (id: unknown, result: unknown = {}) => ({ jsonrpc: "2.0", id, result });

describe("connecting", () => {
  test("opens the stream, posts where it says, and shakes hands there, with the headers that are bound to the origin", async () => {
    const { server, connect } = setup();
    const connection = await connect();
    expect(connection.initialized).toMatchObject({ protocolVersion: "2024-11-05", serverInfo: { name: "sse" } });
    expect(server.posted.map(({ method }) => method)).toEqual(["initialize", "notifications/initialized"]);
    expect(server.posted[0].params).toMatchObject({ capabilities: {}, clientInfo: { name: "mcpctl" } });
    const [get = "", post = ""] = server.heads;
    expect(get).toMatch(/^GET \/sse HTTP\/1\.1[\s\S]*accept: text\/event-stream/);
    expect(post).toMatch(/^POST \/messages\?sessionId=s1 HTTP\/1\.1[\s\S]*content-type: application\/json/);
    expect(server.heads.every((head) => head.includes("x-key: secret"))).toBe(true);
  });

  test.each([
    ["another port", "http://127.0.0.1:1/messages"],
    ["another host", "//evil.test/messages"],
    ["another scheme", "https://127.0.0.1/messages"],
    ["no URL", "http://["],
    ["endless length", `/${"x".repeat(200_000)}`],
  ])("to an endpoint of %s is refused, and nothing is posted anywhere", async (_, endpoint) => {
    const { server, clients, connect } = setup({ first: `event: endpoint\ndata: ${endpoint}\n\n` });
    await expect(connect()).rejects.toMatchObject({
      code: "internal",
      reason: "UPSTREAM_BROKEN",
      message: expect.stringMatching(/endpoint|larger than/),
    });
    expect({ posted: server.posted, clients: clients.length }).toEqual({ posted: [], clients: 1 });
    await until(() => server.open === 0);
  });

  test("follows no redirect: another origin hears nothing at all", async () => {
    using elsewhere = startRawHttpServer({ onRequest: (connection) => connection.send(plainResponse("")) });
    const stream = `HTTP/1.1 302 Found\r\nlocation: ${elsewhere.url.href}\r\ncontent-length: 0\r\n\r\n`;
    await expect(setup({ stream, first: "" }).connect()).rejects.toMatchObject({
      reason: "UPSTREAM_BROKEN",
      message: expect.stringContaining("302"),
    });
    expect(elsewhere.opened).toBe(0);
  });

  test.each([
    ["401", "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", "refused us with HTTP 401"],
    ["405", "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n", "HTTP 405 in place of a stream"],
    ["a page", plainResponse("<html>"), "HTTP 200 in place of a stream"],
    ["compression", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n", "in place of a stream"],
  ])("to a server that answers with %s is told what it is", async (_, stream, message) => {
    await expect(setup({ stream, first: "" }).connect()).rejects.toMatchObject({
      reason: "UPSTREAM_BROKEN",
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ["says no endpoint", { first: "" }],
    ["answers no post", { postReply: () => undefined, silent: true }],
    ["answers no initialize", { silent: true }],
  ] as const)("to a server that %s ends in time, and leaves nothing open", async (_, script) => {
    const { server, connect } = setup(script as RawSseScript, { initializeTimeoutMs: 50 });
    await expect(connect()).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("did not answer initialize"),
    });
    await until(() => server.open === 0);
  });

  test.each([
    ["before its endpoint", undefined],
    ["after its endpoint", ENDPOINT],
  ])("to a server whose stream ends %s is unavailable: nothing has run", async (_, first) => {
    const { server, connect } = setup({ first, silent: true, onMessage: (_, own) => own.endStream() });
    const connecting = connect();
    if (first === undefined) {
      await until(() => server.heads.length === 1);
      server.endStream();
    }
    await expect(connecting).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("its stream ended"),
    });
  });

  test("where nobody listens is unavailable", async () => {
    const { server, connect } = setup();
    server[Symbol.dispose]();
    await expect(connect()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  });

  test("can be given up", async () => {
    const { server, connect } = setup({ first: "" });
    const giving = new AbortController();
    const connecting = connect(giving.signal);
    await until(() => server.heads.length === 1);
    giving.abort();
    await expect(connecting).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    await until(() => server.open === 0);
    await expect(connect(AbortSignal.abort())).rejects.toMatchObject({ reason: "CALL_CANCELED" });
  });
});

describe("calls", () => {
  test("have ids and progress tokens of this hop, and get their own back; all else keeps its bytes", async () => {
    const { server, connect } = setup();
    const connection = await connect();
    const told: string[] = [];
    const ask = (who: string) =>
      connection.request(
        call('"7"', {
          paramsText: `{"n":1.0,"_meta":{"progressToken":"mine"},"who":"${who}"}`,
          onNotification: (text) => told.push(`${who} ${text}`),
        }),
      );
    const [a, b] = [ask("a"), ask("b")];
    await until(() => server.posted.length === 4);
    const [first, second] = server.posted.slice(2).sort((x, y) => x.params.who.localeCompare(y.params.who));
    expect(new Set([first.id, second.id, first.params._meta.progressToken]).size).toBe(2);
    server.say(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${second.id},"x":1.0}}`,
      `{"id":${second.id}, "jsonrpc":"2.0","result":{"n":1.50,"s":"\\u00e4"}}`,
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":99}}`,
      resultOf(first.id),
    );
    expect(await b).toBe('{"id":"7", "jsonrpc":"2.0","result":{"n":1.50,"s":"\\u00e4"}}');
    expect(JSON.parse(await a)).toEqual(resultOf("7"));
    expect(told).toEqual(['b {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"mine","x":1.0}}']);
  });

  test("are answered with errors as the server says them, and one without result or error is broken", async () => {
    const { connect } = setup({
      onMessage: ({ id, method, params }, server) => {
        if (method === "tools/call")
          server.say(params.broken ? { jsonrpc: "2.0", id } : { jsonrpc: "2.0", id, error: { code: 1, message: "no" } });
      },
    });
    const connection = await connect();
    expect(JSON.parse(await connection.request(call("1", { paramsText: "{}" })))).toEqual({
      jsonrpc: "2.0",
      id: 1,
      error: { code: 1, message: "no" },
    });
    await expect(connection.request(call("2", { paramsText: '{"broken":true}' }))).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
  });

  test("may be answered on the stream before their post is taken", async () => {
    const { connect } = setup({
      postReply: ({ method }) => (method === "tools/call" ? undefined : ACCEPTED),
      onMessage: ({ id, method }, server) => method === "tools/call" && server.say(resultOf(id)),
    });
    expect(JSON.parse(await (await connect()).request(call("1")))).toEqual(resultOf(1));
  });

  test("that are canceled are told to the server under its own id, and a late answer goes nowhere", async () => {
    const { server, connect } = setup({ onMessage: ({ id, method }, own) => method === "tools/list" && own.say(resultOf(id)) });
    const connection = await connect();
    const signal = new CallSignal();
    const calling = connection.request(call('"mine"', { signal }));
    await until(() => server.posted.length === 3);
    signal.abort();
    await expect(calling).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    await until(() => server.posted.length === 4);
    const { id } = server.posted[2];
    expect(server.posted[3]).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
    server.say(resultOf(id));
    expect(JSON.parse(await connection.request(callOf("tools/list")))).toEqual(resultOf(1));
    await expect(connection.request(call("2", { signal }))).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(server.posted).toHaveLength(5);
  });

  test("whose post hangs are let go with it: at once when they are canceled, a while after their answer", async () => {
    const { server, connect } = setup({
      postReply: ({ method }) => (method === "tools/call" ? undefined : ACCEPTED),
      onMessage: ({ id, method, params }, own) => method === "tools/call" && params?.answered && own.say(resultOf(id)),
    });
    const connection = await connect();
    const signal = new CallSignal();
    const hanging = connection.request(call("1", { signal }));
    await until(() => server.posted.length === 3);
    const before = server.closed;
    signal.abort();
    await expect(hanging).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    await until(() => server.posted.length === 4 && server.closed === before + 1);
    jest.useFakeTimers();
    await connection.request(call("2", { paramsText: '{"answered":true}' }));
    jest.advanceTimersByTime(10_000);
    jest.useRealTimers();
    await until(() => server.closed === before + 2);
  });

  test("beyond the bound are refused, and one that is answered makes room", async () => {
    const { server, connect } = setup({}, { maxInFlight: 2 });
    const connection = await connect();
    const calls = [connection.request(call("1")), connection.request(call("2"))];
    await expect(connection.request(call("3"))).rejects.toMatchObject({ reason: "UPSTREAM_BUSY" });
    await until(() => server.posted.length === 4);
    for (const { id } of server.posted.slice(2)) server.say(resultOf(id));
    await Promise.all(calls);
    const again = connection.request(call("4"));
    await until(() => server.posted.length === 5);
    server.say(resultOf(server.posted[4].id));
    expect(JSON.parse(await again)).toEqual(resultOf(4));
  });

  test("by the hundred need one connection beside the stream", async () => {
    const { server, connect } = setup({ onMessage: ({ id, method }, own) => method === "tools/call" && own.say(resultOf(id)) });
    const connection = await connect();
    for (let n = 0; n < 300; n += 1) {
      expect(JSON.parse(await connection.request(call(String(n))))).toEqual(resultOf(n));
      // The post is taken after its answer has come, now and then.
      await until(() => server.posted.length === n + 3);
    }
    expect(server.open).toBeLessThanOrEqual(3);
  });

  test("that the server will not take fail alone", async () => {
    const refuse = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
    const { connect } = setup({
      postReply: ({ method, params }) => (method === "tools/call" && params?.bad ? refuse : ACCEPTED),
      onMessage: ({ id, method, params }, server) => method === "tools/call" && !params?.bad && server.say(resultOf(id)),
    });
    const connection = await connect();
    await expect(connection.request(call("1", { paramsText: '{"bad":true}' }))).rejects.toMatchObject({
      reason: "UPSTREAM_BROKEN",
      message: expect.stringContaining("HTTP 500"),
    });
    expect(JSON.parse(await connection.request(call("2")))).toEqual(resultOf(2));
  });
});

describe("what the server says of itself", () => {
  test("reaches the gateway: list changes and updates; what belongs to nobody does not", async () => {
    const { server, heard, connect } = setup();
    const connection = await connect();
    const told: string[] = [];
    const calling = connection.request(call("1", { onNotification: (text) => told.push(text) }));
    await until(() => server.posted.length === 3);
    server.say(
      { jsonrpc: "2.0", method: "notifications/tools/list_changed" },
      { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: "test://a" } },
      { jsonrpc: "2.0", method: "notifications/resources/updated" },
      { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } },
      "no JSON",
      "7",
    );
    server.sayRaw("event: other\ndata: {}\n\n: comment\n\nevent: endpoint\ndata: http://evil.test/\n\n");
    server.say(resultOf(server.posted[2].id));
    await calling;
    expect({ heard, told }).toEqual({ heard: ["lists", "test://a"], told: [] });
  });

  test("a ping is answered, and what asks for a client is refused", async () => {
    const { server, connect } = setup();
    await connect();
    server.say({ jsonrpc: "2.0", id: "p", method: "ping" }, { jsonrpc: "2.0", id: 7, method: "sampling/createMessage", params: {} });
    await until(() => server.posted.length === 4);
    expect(server.posted.slice(2)).toEqual([
      { jsonrpc: "2.0", id: "p", result: {} },
      { jsonrpc: "2.0", id: 7, error: expect.objectContaining({ code: -32601 }) },
    ]);
  });

  test("a flood of questions makes a bounded number of answers", async () => {
    const { server, connect } = setup({ postReply: ({ id }) => (typeof id === "string" ? undefined : ACCEPTED) });
    const connection = await connect();
    server.say(...Array.from({ length: 500 }, (_, n) => ({ jsonrpc: "2.0", id: `q${n}`, method: "ping" })));
    const answers = () => server.posted.filter(({ id }) => typeof id === "string").length;
    await until(() => answers() === 16);
    // Dialled after them, so it comes after them.
    const calling = connection.request(call("1"));
    await until(() => server.posted.some(({ method }) => method === "tools/call"));
    expect(answers()).toBe(16);
    await connection.close();
    await expect(calling).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
  });
});

describe("the end", () => {
  test.each(["end", "reset"] as const)("of the stream (%s) loses the calls that wait, and later ones are not sent", async (how) => {
    const { server, connect } = setup();
    const connection = await connect();
    const calls = [connection.request(call("1")), connection.request(call("2"))];
    await until(() => server.posted.length === 4);
    server.endStream(how);
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ reason: { code: "unavailable", reason: "UPSTREAM_LOST" } });
    }
    expect(await connection.closed).toMatch(/stream ended|connection was closed|ECONNRESET/);
    await expect(connection.request(call("3"))).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining(await connection.closed),
    });
    expect(server.posted).toHaveLength(4);
    await until(() => server.open === 0);
  });

  test("comes with a message over the limit", async () => {
    const { server, connect } = setup({}, { maxEventBytes: 1000 });
    const connection = await connect();
    const calling = connection.request(call("1"));
    await until(() => server.posted.length === 3);
    server.say(resultOf(server.posted[2].id, "x".repeat(2000)));
    await expect(calling).rejects.toMatchObject({ reason: "UPSTREAM_LOST", message: expect.stringContaining("larger than 1000 bytes") });
    await until(() => server.open === 0);
  });

  test("comes where the server does not know the session any more: that call was not carried out", async () => {
    const { connect } = setup({
      postReply: ({ method, params }) =>
        method === "tools/call" && params?.late ? "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n" : ACCEPTED,
    });
    const connection = await connect();
    const waiting = connection.request(call("1"));
    const refused = connection.request(call("2", { paramsText: '{"late":true}' }));
    const [lost, unsent] = await Promise.allSettled([waiting, refused]);
    expect(unsent).toMatchObject({ reason: { reason: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("session is over") } });
    expect(lost).toMatchObject({ reason: { reason: "UPSTREAM_LOST" } });
    expect(await connection.closed).toBe("its session is over");
  });

  test("that is asked for closes all connections, and may be asked for twice", async () => {
    const { server, connect } = setup();
    const connection = await connect();
    const calling = connection.request(call("1"));
    await until(() => server.posted.length === 3);
    await connection.close();
    await connection.close();
    await expect(calling).rejects.toMatchObject({ reason: "UPSTREAM_LOST", message: expect.stringContaining("it is stopped") });
    expect(await connection.closed).toBe("it is stopped");
    await until(() => server.open === 0);
  });
});
