/** Servers at a URL: real ones on loopback, well-behaved and not. */
import { afterEach, describe, expect, test } from "bun:test";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import * as z from "zod";
import {
  type Answer,
  jsonReply,
  resultMessageOf,
  type SentMessage,
  sseReply,
  startScriptedMcpServer,
  streamReply,
} from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { encodeSseMessage } from "../../../mcp/sse.ts";
import { initialized, openGateway, readEvents } from "../../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../../policy/gateway-policy.ts";
import { LiveSession } from "../../session/live-session.ts";
import { SharedRoom } from "../../stream/shared-room.ts";
import { STREAM_LIMITS, streamSettings } from "../../stream/stream-settings.ts";
import type { Upstream, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, type HttpLimits, httpUpstream } from "./http-upstream.ts";

const EITHER = "application/json, text/event-stream";
const LIMITS: HttpLimits = { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 } };

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function connect(
  url: string,
  events: UpstreamEvents,
  limits: Partial<HttpLimits> = {},
  onLost: (reason: string) => void = () => {},
  headers: Readonly<Record<string, string>> = {},
) {
  return httpUpstream({ handle: "one", url, headers, allowLoopback: true, events, onLost, limits: { ...LIMITS, ...limits } });
}

/** The upstream alone, over a server that a script plays. */
function start(url: string, limits: Partial<HttpLimits> = {}) {
  const changes = { count: 0 };
  const lost: string[] = [];
  const listChanged = () => {
    changes.count += 1;
  };
  const upstream = connect(url, upstreamEvents({ listChanged }), limits, (reason) => lost.push(reason));
  stops.push(() => upstream.close());
  upstream.start();
  return { upstream, changes, lost, call: callerOf(upstream) };
}

function scripted(answers: Readonly<Record<string, Answer>> = {}) {
  const server = startScriptedMcpServer({ answers });
  stops.push(() => server[Symbol.asyncDispose]());
  return server;
}

function callerOf(upstream: Upstream) {
  return async (method: string, options: Partial<UpstreamCall> = {}) => {
    const signal = new AbortController().signal;
    const call: UpstreamCall = {
      peer: undefined,
      era: "legacy",
      idText: "1",
      method,
      paramsText: undefined,
      onNotification: undefined,
      onQuestion: undefined,
      signal,
      ...options,
    };
    const answer = await upstream.request(call);
    return typeof answer === "string" ? answer : new Response(answer).text();
  };
}

let nextSession = 1;
function session(): LiveSession {
  const id = String(nextSession++);
  return new LiveSession({ id, principalId: "tok", project: "demo", server: undefined, revision: "2025-11-25", issuedAt: 0 }, 0, {
    self: "process1",
    settings: streamSettings(STREAM_LIMITS, { heartbeatSeconds: 15, maxSeconds: 3600, abortOnDisconnect: true }),
    room: new SharedRoom(1000),
  });
}

/** Waits for what a server does; the test's own time is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

/** Gives each `initialize` a session of its own. */
function givingSessions(): Answer {
  let given = 0;
  return (sent) => {
    given += 1;
    const result = { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "scripted" } };
    return jsonReply(sent, result, { "mcp-session-id": `s${given}` });
  };
}

const withoutSessions: Answer = (sent) =>
  jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "scripted" } });

const notFound = () => Response.json({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }, { status: 404 });

/** The messages that reached a server, as `session method`. */
function heard(sent: readonly SentMessage[]): string[] {
  return sent.map(({ headers, httpMethod, message }) => `${headers.get("mcp-session-id") ?? "-"} ${message.method ?? httpMethod}`);
}

describe("a server made with the SDK", () => {
  /** A session of its own for each client; `calls` counts the tool calls of each. */
  function startSdkServer(enableJsonResponse: boolean) {
    const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
    const servers = new Map<string, McpServer>();
    const open = async () => {
      const server = new McpServer({ name: "sdk", version: "1.32" });
      let calls = 0;
      server.registerTool("count", { inputSchema: { by: z.number().optional() } }, () => {
        calls += 1;
        return { content: [{ type: "text", text: String(calls) }] };
      });
      server.registerTool("slow", {}, async (extra) => {
        const progressToken = extra._meta?.progressToken ?? "none";
        for (const progress of [1, 2]) {
          await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
        }
        return { content: [{ type: "text", text: "done" }] };
      });
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        enableJsonResponse,
        onsessioninitialized: (id) => {
          transports.set(id, transport);
          servers.set(id, server);
        },
        onsessionclosed: (id) => {
          transports.delete(id);
        },
      });
      await server.connect(transport);
      return transport;
    };
    const fetch = async (request: Request) => {
      const id = request.headers.get("mcp-session-id");
      const known = id === null ? await open() : transports.get(id);
      return known === undefined ? notFound() : known.handleRequest(request);
    };
    const listening = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch });
    stops.push(() => listening.stop(true));
    return { url: `http://127.0.0.1:${listening.port}/mcp`, transports, servers };
  }

  const open = async (enableJsonResponse = false) => {
    const sdk = startSdkServer(enableJsonResponse);
    const gateway = await openGateway({ servers: { sdk: (_, events) => connect(sdk.url, events) } });
    stops.push(() => gateway.gateway.close());
    return { sdk, gateway };
  };

  test.each([true, false])("answers calls in JSON or in a stream (JSON: %p)", async (json) => {
    const { gateway } = await open(json);
    const client = await initialized(gateway);
    expect(await client.toolNames()).toEqual(["sdk__count", "sdk__slow"]);
    expect(await client.request("tools/call", { name: "sdk__count" }, { id: "x" })).toEqual({
      jsonrpc: "2.0",
      id: "x",
      result: { content: [{ type: "text", text: "1" }] },
    } as object);
    const bad = await client.request("tools/call", { name: "sdk__count", arguments: { by: "no" } });
    expect(bad.result ?? bad.error).toBeDefined();
  });

  test("keeps a session for each client's session, and hears of its end", async () => {
    const { sdk, gateway } = await open();
    const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
    const count = async (client: typeof mine) => (await client.request("tools/call", { name: "sdk__count" })).result.content[0].text;
    expect([await count(mine), await count(mine), await count(theirs)]).toEqual(["1", "2", "1"]);
    expect(sdk.transports.size).toBe(3);
    await mine.end();
    await until(() => sdk.transports.size === 2);
    expect(await count(theirs)).toBe("2");
    await gateway.gateway.close();
    await until(() => sdk.transports.size === 0);
  });

  test("sends progress to a client that takes streams, under its own token, and to no other", async () => {
    const { gateway } = await open();
    const client = await initialized(gateway);
    const params = { name: "sdk__slow", _meta: { progressToken: "mine" } };
    const events = readEvents(await client.send("tools/call", params, { accept: EITHER, id: 9 }));
    for (const progress of [1, 2]) expect(await events.next()).toMatchObject({ params: { progressToken: "mine", progress } });
    expect(await events.next()).toMatchObject({ id: 9, result: { content: [{ text: "done" }] } });
    const alone = await client.send("tools/call", params, { accept: "application/json" });
    expect(await alone.json()).toMatchObject({ result: { content: [{ text: "done" }] } });
  });

  test("that forgets its sessions gets new ones, and the call is carried out once", async () => {
    const { sdk, gateway } = await open();
    const client = await initialized(gateway);
    await client.request("tools/call", { name: "sdk__count" });
    sdk.transports.clear();
    expect(await client.request("tools/call", { name: "sdk__count" })).toMatchObject({ result: { content: [{ text: "1" }] } });
  });

  test("that changes its tools is read again", async () => {
    const { sdk, gateway } = await open();
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    for (const server of sdk.servers.values()) server.registerTool("late", {}, () => ({ content: [] }));
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toContain("sdk__late");
  });
});

describe("sessions", () => {
  test("the server's session id and revision go with every message of a session", async () => {
    const server = scripted({ initialize: givingSessions() });
    const { call } = start(server.url);
    const [mine, theirs] = [session(), session()];
    await call("tools/call", { peer: mine });
    await call("tools/call", { peer: theirs });
    await call("tools/list");
    const posts = server.sent.filter(({ httpMethod }) => httpMethod === "POST");
    expect(heard(posts)).toEqual([
      "- server/discover",
      "- initialize",
      "s1 notifications/initialized",
      "- initialize",
      "s2 notifications/initialized",
      "s2 tools/call",
      "- initialize",
      "s3 notifications/initialized",
      "s3 tools/call",
      "s1 tools/list",
    ]);
    for (const { headers, message } of posts) {
      const revision = message.method === "server/discover" ? "2026-07-28" : "2025-11-25";
      expect(headers.get("mcp-protocol-version")).toBe(message.method === "initialize" ? null : revision);
      expect(headers.get("accept")).toBe("application/json, text/event-stream");
    }
    mine.close();
    await until(() => server.of("DELETE").length > 0);
    expect(heard(server.of("DELETE"))).toEqual(["s2 DELETE"]);
  });

  test("a session that the server has forgotten is opened anew, once, and the call sent again", async () => {
    let forgotten = "s2";
    const server = scripted({
      initialize: givingSessions(),
      "tools/call": (sent) => (sent.headers.get("mcp-session-id") === forgotten ? notFound() : jsonReply(sent, {})),
    });
    const { call } = start(server.url);
    const mine = session();
    expect(JSON.parse(await call("tools/call", { peer: mine }))).toMatchObject({ id: 1, result: {} });
    expect(heard(server.of("tools/call"))).toEqual(["s2 tools/call", "s3 tools/call"]);
    forgotten = "";
    await call("tools/call", { peer: mine });
    expect(heard(server.of("tools/call")).at(-1)).toBe("s3 tools/call");
  });

  test("a server that knows no session it gives is asked twice and no more", async () => {
    const server = scripted({ initialize: givingSessions(), "tools/call": notFound });
    const { call } = start(server.url);
    await expect(call("tools/call", { peer: session() })).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    expect(server.of("tools/call")).toHaveLength(2);
  });

  test("calls that meet a forgotten session at the same time open one new session", async () => {
    const server = scripted({
      initialize: givingSessions(),
      "tools/call": (sent) => (sent.headers.get("mcp-session-id") === "s2" ? notFound() : jsonReply(sent, {})),
    });
    const { call } = start(server.url);
    const mine = session();
    await Promise.all(["1", "2", "3"].map((idText) => call("tools/call", { peer: mine, idText })));
    expect(server.of("initialize")).toHaveLength(3);
  });

  test("a server without sessions is sent none, and keeps callers with one id apart by ids of its own", async () => {
    const waiting: (() => void)[] = [];
    const server = scripted({
      initialize: withoutSessions,
      "tools/call": (sent) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(jsonReply(sent, { of: sent.message.params })));
        }),
    });
    const { call } = start(server.url);
    const calls = ["a", "b"].map((who) => call("tools/call", { peer: session(), idText: "7", paramsText: `{"who":"${who}"}` }));
    await until(() => waiting.length === 2);
    for (const answer of waiting) answer();
    const answers = (await Promise.all(calls)).map((text) => JSON.parse(text));
    expect(answers).toEqual(["a", "b"].map((who) => ({ jsonrpc: "2.0", id: 7, result: { of: { who } } })));
    expect(heard(server.of("tools/call"))).toEqual(["- tools/call", "- tools/call"]);
    const ids = server.of("tools/call").map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(2);
  });

  test("a server without sessions that mixes its callers up passes nobody another's progress", async () => {
    const progress = (progressToken: unknown) => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken, progress: 1 },
    });
    const server = scripted({
      initialize: withoutSessions,
      "tools/call": ({ message }) => {
        const log = { jsonrpc: "2.0", method: "notifications/message", params: { data: "hello" } };
        const own = (message.params as { _meta?: { progressToken?: unknown } })._meta?.progressToken;
        const said = [progress(999_999), progress(own), log, { jsonrpc: "2.0", id: message.id, result: {} }];
        const body = said.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("");
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    const notices: { method: string; params: { progressToken?: unknown } }[] = [];
    const { call } = start(server.url);
    const paramsText = '{"_meta":{"progressToken":"mine"}}';
    await call("tools/call", { peer: session(), paramsText, onNotification: (notice) => notices.push(JSON.parse(notice)) });
    expect(notices.map(({ method, params }) => [method, params.progressToken])).toEqual([
      ["notifications/progress", "mine"],
      ["notifications/message", undefined],
    ]);
  });

  test("a session id that could not stand in a header is a broken server's", async () => {
    const server = scripted({ initialize: (sent) => jsonReply(sent, { protocolVersion: "2025-11-25" }, { "mcp-session-id": "a b" }) });
    await expect(start(server.url).upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
  });
});

describe("replies", () => {
  test("a body of five megabytes passes byte for byte", async () => {
    const filler = "é\\u00e9 1.0 ".repeat(5 * 1024 * 100);
    const body = `{ "jsonrpc":"2.0", "id":1,"result":{"n":12345678901234567890,"text":"${filler}"}}`;
    const server = scripted({ "tools/call": () => new Response(body, { headers: { "content-type": "application/json" } }) });
    const gateway = await openGateway({ servers: { one: (_, events) => connect(server.url, events) } });
    stops.push(() => gateway.gateway.close());
    const response = await (await initialized(gateway)).send("tools/call", { name: "one__echo" }, { id: 1 });
    expect(Bun.hash(await response.text())).toBe(Bun.hash(body));
  });

  test.each([
    ["small enough to be read", 10_000],
    ["passed in one piece", 500_000],
    ["passed as it comes", 5_000_000],
  ])("a body over the limit of results is 413 before anything of it goes out, one that would be %s too", async (_, bytes) => {
    const body = (id: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result: { text: "x".repeat(bytes) } });
    const server = scripted({
      "tools/call": (sent) => new Response(body(sent.message.id), { headers: { "content-type": "application/json" } }),
    });
    const limits = { ...DEFAULT_GATEWAY_POLICY.limits, maxResultBytes: bytes };
    const gateway = await openGateway({ servers: { one: (__, events) => connect(server.url, events) }, policy: { limits } });
    stops.push(() => gateway.gateway.close());
    const response = await (await initialized(gateway)).send("tools/call", { name: "one__echo" });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: "result_too_large" } });
  });

  test("a body of five megabytes without a length passes too", async () => {
    const text = "x".repeat(5 * 1024 * 1024);
    const server = scripted({
      "tools/call": (sent) => {
        const response = streamReply([resultMessageOf(sent.message.id, { text })]);
        return new Response(response.body, { headers: { "content-type": "application/json" } });
      },
    });
    const answer = JSON.parse(await start(server.url).call("tools/call"));
    expect(answer.result.text).toBe(text);
  });

  test("what comes in a stream before the answer goes to the caller, and what comes after it nowhere", async () => {
    const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{"n":1.0}}';
    const server = scripted({
      "tools/call": (sent) => sseReply(note, '{"jsonrpc":"2.0","id":99,"result":{}}', resultMessageOf(sent.message.id, { n: 1 }), note),
    });
    const told: string[] = [];
    const answer = await start(server.url).call("tools/call", { peer: session(), onNotification: (text) => told.push(text) });
    expect(JSON.parse(answer)).toEqual({ jsonrpc: "2.0", id: 1, result: { n: 1 } });
    expect(told).toEqual([note]);
  });

  test("a stream that stays open after the answer holds nobody", async () => {
    const server = scripted({ "tools/call": (sent) => streamReply([encodeSseMessage(resultMessageOf(sent.message.id, {}))], "open") });
    expect(JSON.parse(await start(server.url).call("tools/call"))).toMatchObject({ result: {} });
  });

  test("a list change in the stream of a call is heard, and a server's ping is answered", async () => {
    const server = scripted({
      "tools/call": (sent) =>
        sseReply(
          '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}',
          '{"jsonrpc":"2.0","id":"p","method":"ping"}',
          '{"jsonrpc":"2.0","id":2,"method":"sampling/createMessage","params":{}}',
          resultMessageOf(sent.message.id, {}),
        ),
    });
    const { call, changes } = start(server.url);
    await call("tools/list");
    const before = changes.count;
    await call("tools/call", { peer: session() });
    expect(changes.count).toBe(before + 1);
    const replies = () => server.sent.map(({ message }) => message).filter(({ method, id }) => method === undefined && id !== undefined);
    await until(() => replies().length === 2);
    expect(replies()).toContainEqual({ jsonrpc: "2.0", id: "p", result: {} });
    expect(replies()).toContainEqual({
      jsonrpc: "2.0",
      id: 2,
      error: { code: -32601, message: "Method not found: sampling/createMessage" },
    });
  });

  const broken: Readonly<Record<string, Answer>> = {
    "HTTP 500": () => new Response("oops", { status: 500 }),
    "HTTP 401": () => Response.json({ error: "who?" }, { status: 401 }),
    "HTTP 403": () => Response.json({ error: "no" }, { status: 403 }),
    "a page": () => new Response("<html>hello</html>", { headers: { "content-type": "text/html" } }),
    "no JSON": () => new Response("{", { headers: { "content-type": "application/json" } }),
    "no message": () => Response.json([1, 2]),
    nothing: () => new Response(null, { status: 202 }),
    "another id": () => Response.json({ jsonrpc: "2.0", id: 99, result: {} }),
    "no JSON in a stream": () => sseReply("nonsense"),
  };

  test.each(Object.entries(broken))("a server that answers with %s is broken, and is called again", async (_, answer) => {
    let bad = true;
    const server = scripted({ "tools/call": (sent) => (bad ? answer(sent) : jsonReply(sent, {})) });
    const { call, lost } = start(server.url);
    await expect(call("tools/call")).rejects.toMatchObject({ code: "internal", reason: "UPSTREAM_BROKEN" });
    bad = false;
    expect(JSON.parse(await call("tools/call"))).toMatchObject({ result: {} });
    expect(lost).toEqual([]);
  });

  test("an error of the server's own passes with the caller's id, whatever its status", async () => {
    const refusal = { jsonrpc: "2.0", id: null, error: { code: -32600, message: "no", data: [1] } };
    const server = scripted({ "tools/call": () => Response.json(refusal, { status: 400 }) });
    expect(JSON.parse(await start(server.url).call("tools/call", { idText: '"x"' }))).toEqual({ ...refusal, id: "x" });
  });

  test("an event over the limit is a failure of that call", async () => {
    const server = scripted({ "tools/call": (sent) => sseReply(resultMessageOf(sent.message.id, { text: "x".repeat(10_000) })) });
    const { call } = start(server.url, { maxEventBytes: 1000 });
    await expect(call("tools/call")).rejects.toMatchObject({ reason: "SSE_EVENT_TOO_LARGE" });
    expect(JSON.parse(await call("tools/list"))).toMatchObject({ result: {} });
  });

  test("a redirect is not followed", async () => {
    const elsewhere = scripted();
    const redirect = () => new Response(null, { status: 307, headers: { location: elsewhere.url } });
    const server = scripted({ "tools/call": redirect });
    await expect(start(server.url).call("tools/call")).rejects.toMatchObject({ message: expect.stringContaining("HTTP 307") });
    await expect(start(scripted({ initialize: redirect }).url).upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
    expect(elsewhere.sent).toEqual([]);
  });
});

describe("headers of our own", () => {
  const OWN = { authorization: "Bearer upstream-secret", "X-Tenant": "7" };

  test("go with every message to the server: the handshake, calls, the stream and the end of a session", async () => {
    const server = scripted({ initialize: givingSessions() });
    const upstream = connect(server.url, upstreamEvents(), {}, () => {}, OWN);
    upstream.start();
    await upstream.ready();
    const client = session();
    await callerOf(upstream)("tools/call", { peer: client, paramsText: "{}" });
    await upstream.close();
    await until(() => heard(server.sent).some((text) => text.endsWith("DELETE")));
    expect(new Set(server.sent.map(({ httpMethod }) => httpMethod))).toEqual(new Set(["POST", "GET", "DELETE"]));
    for (const { headers } of server.sent) {
      expect([headers.get("authorization"), headers.get("x-tenant")]).toEqual(["Bearer upstream-secret", "7"]);
    }
  });

  test("do not go where the server sends us: another origin hears nothing at all", async () => {
    const elsewhere = scripted();
    const redirect = () => new Response(null, { status: 307, headers: { location: elsewhere.url } });
    const upstream = connect(scripted({ initialize: redirect }).url, upstreamEvents(), {}, () => {}, OWN);
    stops.push(() => upstream.close());
    upstream.start();
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
    expect(elsewhere.sent).toEqual([]);
  });

  test.each([
    ...["Accept", "content-type", "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"],
    ...["traceparent", "Tracestate"],
  ])("%s is not theirs to set", (name) => {
    const make = () => connect("http://127.0.0.1:1/", upstreamEvents(), {}, () => {}, { [name]: "x" });
    expect(make).toThrow(expect.objectContaining({ reason: "UPSTREAM_HEADER_RESERVED", message: expect.stringContaining(name) }));
  });

  test.each(["Host", "Content-Length", "Transfer-Encoding", "x y", "x\r\ny"])("%j cannot be sent, and its value is not told", (name) => {
    const make = () => connect("http://127.0.0.1:1/", upstreamEvents(), {}, () => {}, { [name]: "the-secret" });
    const message = expect.not.stringContaining("the-secret");
    expect(make).toThrow(expect.objectContaining({ reason: "HTTP_HEADER_INVALID", message }));
  });
});

describe("losing the server", () => {
  test("a stream that ends before the answer is a lost call", async () => {
    const server = scripted({ "tools/call": () => sseReply('{"jsonrpc":"2.0","method":"notifications/x"}') });
    await expect(start(server.url).call("tools/call")).rejects.toMatchObject({ code: "unavailable", reason: "UPSTREAM_LOST" });
  });

  test("a stream that ends before its answer costs no other caller the session", async () => {
    const server = scripted({ initialize: givingSessions(), "tools/call": () => sseReply('{"jsonrpc":"2.0","method":"notifications/x"}') });
    const { call } = start(server.url);
    const [mine, theirs] = [session(), session()];
    await call("tools/list", { peer: theirs });
    await call("tools/call", { peer: mine }).catch(() => {});
    await call("tools/list", { peer: theirs });
    const [before, after] = heard(server.of("tools/list"));
    expect(after).toBe(before as string);
  });

  test("a server that ends its own stream now and then costs no caller the session", async () => {
    let listening: (() => void) | undefined;
    const server = scripted({
      initialize: givingSessions(),
      "GET /mcp": () => {
        const { readable, writable } = new TransformStream<Uint8Array>();
        const writer = writable.getWriter();
        void writer.write(new TextEncoder().encode(": open\n\n"));
        listening = () => void writer.close();
        return new Response(readable, { headers: { "content-type": "text/event-stream" } });
      },
    });
    const { upstream, call } = start(server.url);
    const mine = session();
    await call("tools/list", { peer: mine });
    await until(() => listening !== undefined);
    listening?.();
    await until(() => server.of("GET").length > 1 || upstream.status().state !== "ready");
    await until(() => upstream.status().state === "ready");
    await call("tools/list", { peer: mine });
    const [before, after] = heard(server.of("tools/list"));
    expect(after).toBe(before as string);
  });

  test("a server that nobody runs is unavailable, and what was asked was not sent", async () => {
    const gone = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const url = `http://127.0.0.1:${gone.port}/mcp`;
    await gone.stop(true);
    const { upstream } = start(url);
    await expect(upstream.ready()).rejects.toMatchObject({ code: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
    expect(upstream.status()).toMatchObject({ state: "failed", reason: expect.stringContaining("not available") });
  });

  test("a server that goes away in the middle of a call loses that call; when it is back it is found again", async () => {
    let hold = true;
    const serve = (port: number) =>
      Bun.serve({
        hostname: "127.0.0.1",
        port,
        idleTimeout: 0,
        async fetch(request) {
          if (request.method !== "POST") return new Response(null, { status: 405 });
          const message = (await request.json()) as { id?: unknown; method: string };
          if (message.id === undefined) return new Response(null, { status: 202 });
          if (message.method === "tools/call" && hold) return new Promise<Response>(() => {});
          const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} };
          return Response.json({ jsonrpc: "2.0", id: message.id, result });
        },
      });
    const first = serve(0);
    const port = first.port ?? 0;
    const { upstream, call, changes } = start(`http://127.0.0.1:${port}/mcp`);
    await upstream.ready();
    const lost = call("tools/call").catch((error) => error);
    await until(() => first.pendingRequests > 0);
    await first.stop(true);
    expect(await lost).toMatchObject({ reason: "UPSTREAM_LOST" });
    // The first one may still meet a kept connection in the moment of its end.
    await call("tools/call").catch((error) => expect(error).toMatchObject({ code: "unavailable" }));
    await expect(call("tools/call")).rejects.toMatchObject({ code: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
    await until(() => upstream.status().state === "failed");
    hold = false;
    const again = serve(port);
    stops.push(() => again.stop(true));
    await until(() => upstream.status().state === "ready");
    expect(JSON.parse(await call("tools/call"))).toMatchObject({ id: 1 });
    expect(changes.count).toBe(2);
  });

  test("a server that does not answer initialize in its time is unavailable", async () => {
    const server = scripted({ initialize: () => new Promise<Response>(() => {}) });
    const { upstream } = start(server.url, { connectTimeoutMs: 5, reconnect: { firstMs: 3600_000, maxMs: 3600_000 } });
    await expect(upstream.ready()).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("initialize"),
    });
  });

  test("a list change on the server's own stream is heard", async () => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const say = (text: string) => writer.write(new TextEncoder().encode(text));
    const stream = () => new Response(readable, { headers: { "content-type": "text/event-stream" } });
    const server = scripted({ "GET /mcp": stream });
    const { upstream, changes } = start(server.url);
    await upstream.ready();
    await until(() => server.of("GET").length === 1);
    const before = changes.count;
    void say(encodeSseMessage('{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}'));
    await until(() => changes.count === before + 1);
    expect(server.of("GET")[0]?.headers.get("mcp-session-id")).toBe("session-1");
  });
});

describe("a caller that goes", () => {
  test("a canceled call ends at once, and the server is told in the caller's session", async () => {
    const server = scripted({
      initialize: givingSessions(),
      "tools/call": () => new Promise<Response>(() => {}),
      "notifications/cancelled": () => new Response(null, { status: 202 }),
    });
    const { call } = start(server.url);
    const controller = new AbortController();
    const waiting = call("tools/call", { peer: session(), idText: '"x"', signal: controller.signal });
    await until(() => server.of("tools/call").length === 1);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "canceled", reason: "CALL_CANCELED" });
    await until(() => server.of("notifications/cancelled").length === 1);
    const [told] = server.of("notifications/cancelled");
    expect(told?.headers.get("mcp-session-id")).toBe("s2");
    expect(told?.message.params).toMatchObject({ requestId: server.of("tools/call")[0]?.message.id });
  });

  test("close ends the gateway's own session", async () => {
    const server = scripted({ initialize: givingSessions() });
    const { upstream } = start(server.url);
    await upstream.ready();
    await upstream.close();
    expect(heard(server.of("DELETE"))).toEqual(["s1 DELETE"]);
    expect(upstream.status()).toEqual({ state: "stopped" });
  });

  test("nothing of the caller's own headers reaches a server, its Authorization least of all", async () => {
    const server = scripted();
    const gateway = await openGateway({ servers: { one: (_, events) => connect(server.url, events) } });
    stops.push(() => gateway.gateway.close());
    const client = await initialized(gateway);
    const headers = { cookie: "secret=1", "x-api-key": "secret", "x-forwarded-for": "10.0.0.1", "proxy-authorization": "Basic c2VjcmV0" };
    await client.send("tools/call", { name: "one__echo" }, { headers });
    await client.end();
    await until(() => server.of("DELETE").length > 0);
    const seen = server.sent.map((sent) => JSON.stringify([...sent.headers]));
    expect(server.of("tools/call")).toHaveLength(1);
    for (const text of seen) expect(text).not.toMatch(/secret|mcpctl_pat_|authorization|10\.0\.0\.1/);
  });
});

describe("the trace that a call is part of", () => {
  const TRACED = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=1",
    baggage: "user=ann",
  };

  test("goes along in headers where the call has one, and in no header else", async () => {
    const server = scripted({ echo: (sent) => jsonReply(sent, {}) });
    const { call } = start(server.url);
    await call("echo");
    await call("echo", { trace: { propagated: TRACED, span: undefined } });
    await call("echo", { trace: { propagated: { ...TRACED, tracestate: undefined, baggage: undefined }, span: undefined } });
    await call("echo");
    const told = server.sent
      .filter(({ message }) => message.method === "echo")
      .map(({ headers }) => [headers.get("traceparent"), headers.get("tracestate"), headers.get("baggage")]);
    const none = [null, null, null];
    expect(told).toEqual([none, Object.values(TRACED), [TRACED.traceparent, null, null], none]);
  });
});
