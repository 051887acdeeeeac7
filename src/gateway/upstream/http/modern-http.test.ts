/** Servers that speak revision 2026-07-28 at a URL, made with a real SDK or by a script. */
import { afterEach, describe, expect, test } from "bun:test";
import { CallSignal } from "../../../core/cancel-signal.ts";
import {
  type Answer,
  errorReply,
  jsonReply,
  type SentMessage,
  sseReply,
  startScriptedMcpServer,
  streamReply,
} from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { encodeSseMessage } from "../../../mcp/sse.ts";
import { answerText, callOf } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Upstream, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, type HttpLimits, type HttpUpstreamOptions, httpUpstream } from "./http-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";
import { startSdkV2Http } from "./sdk-v2-http.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Options {
  readonly events?: Partial<UpstreamEvents>;
  readonly limits?: Partial<HttpLimits>;
  readonly era?: HttpUpstreamOptions["era"];
}

function connect(url: string, { events = {}, limits = {}, era }: Options = {}) {
  const lost: string[] = [];
  const upstream = httpUpstream({
    handle: "one",
    url,
    allowLoopback: true,
    era,
    events: upstreamEvents(events),
    onLost: (reason) => lost.push(reason),
    limits: { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 }, ...limits },
  });
  stops.push(() => upstream.close());
  upstream.start();
  return { upstream, lost };
}

function sdk(options: Options & { legacy?: "reject" | "stateless" } = {}) {
  const server = startSdkV2Http(options.legacy === undefined ? {} : { legacy: options.legacy });
  stops.push(() => server[Symbol.dispose]());
  return { server, ...connect(server.url, options) };
}

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  "io.modelcontextprotocol/clientInfo": { name: "agent", version: "3" },
};

/** A call of a modern client. */
function modern(method: string, params: object = {}, options: Partial<UpstreamCall> = {}): UpstreamCall {
  return callOf(method, { era: "modern", peer: new TestPeer(), paramsText: JSON.stringify({ _meta: META, ...params }), ...options });
}

const tool = (name: string, args: object = {}, more: object = {}, options: Partial<UpstreamCall> = {}) =>
  modern("tools/call", { name, arguments: args, ...more }, options);

const ask = async (upstream: Upstream, call: UpstreamCall) => JSON.parse(await answerText(upstream, call));

/** A server that a script plays in the modern era. */
function scripted(answers: Readonly<Record<string, Answer>> = {}, options: Options = {}) {
  const discover: Answer = (sent) =>
    jsonReply(sent, {
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: "public",
    });
  const refuse: Answer = (sent) => errorReply(sent, -32022, "no", { supported: ["2026-07-28"], requested: "2025-11-25" });
  const server = startScriptedMcpServer({ answers: { "server/discover": discover, initialize: refuse, ...answers } });
  stops.push(() => server[Symbol.asyncDispose]());
  return { server, ...connect(server.url, options) };
}

describe("a modern server", () => {
  test("is found out, says what it is, and tells its callers apart", async () => {
    const { upstream } = sdk();
    expect(await upstream.ready()).toMatchObject({
      protocolVersion: "2026-07-28",
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "sdk-v2" },
      instructions: "Ask me",
    });
    expect(upstream.keepsPeers()).toBe(true);
    expect(upstream.status()).toEqual({ state: "ready" });
  });

  test("gets a call of its own era as it is, with the headers that repeat it, and its answer comes back so", async () => {
    const { server, upstream } = sdk();
    const answer = await ask(upstream, tool("echo", { größe: "7" }, {}, { idText: '"mine"' }));
    expect(answer).toMatchObject({ jsonrpc: "2.0", id: "mine", result: { resultType: "complete" } });
    expect(JSON.parse(answer.result.content[0].text)).toEqual({ args: { größe: "7" }, meta: META });
    const [sent] = server.of("tools/call");
    const headers = Object.fromEntries(sent?.headers ?? []);
    expect(headers).toMatchObject({ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" });
    expect(headers["mcp-session-id"]).toBeUndefined();
  });

  test("has callers with one id and one progress token, who get their own answers and their own progress", async () => {
    const { upstream, server } = sdk();
    const calls = ["a", "b"].map(async () => {
      const told: unknown[] = [];
      const onNotification = (message: string) => told.push(JSON.parse(message).params);
      const params = { name: "progress", _meta: { ...META, progressToken: 1 } };
      return [await ask(upstream, modern("tools/call", params, { idText: "7", onNotification })), told];
    });
    for (const [answer, told] of await Promise.all(calls)) {
      expect(answer).toMatchObject({ id: 7, result: { resultType: "complete" } });
      expect(told).toEqual([1, 2].map((progress) => ({ progressToken: 1, progress })));
    }
    const ids = server.of("tools/call").map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(2);
  });

  test("that needs input says so to a caller of its own era, and the retry is the caller's", async () => {
    const { upstream } = sdk();
    const first = await ask(upstream, tool("elicit"));
    expect(first.result).toMatchObject({ resultType: "input_required", requestState: "état-1/+=" });
    expect(first.result.inputRequests.who).toMatchObject({ method: "elicitation/create" });
    const inputResponses = { who: { action: "accept", content: { name: "ann" } } };
    const second = await ask(upstream, tool("elicit", {}, { inputResponses, requestState: first.result.requestState }));
    expect(JSON.parse(second.result.content[0].text)).toEqual({ answer: { name: "ann" }, state: "état-1/+=" });
  });

  test.each([
    ["an unknown method", modern("acme/unknown"), -32601],
    ["a capability that the client lacks", tool("three"), -32021],
    ["params without what the era asks for", modern("tools/list", { _meta: {} }), -32022],
  ])("answers %s with an error of its own, whatever the HTTP status", async (_, call, code) => {
    const { upstream, lost } = sdk();
    expect(await ask(upstream, call)).toMatchObject({ id: 1, error: { code } });
    expect(lost).toEqual([]);
  });

  test("sends log messages to the call that asked for them", async () => {
    const { upstream } = sdk();
    const logged = async (meta: object) => {
      const heard: string[] = [];
      const onNotification = (message: string) => heard.push(JSON.parse(message).params.data);
      await ask(upstream, modern("tools/call", { name: "log", _meta: { ...META, ...meta } }, { onNotification }));
      return heard;
    };
    expect(await logged({})).toEqual([]);
    expect(await logged({ "io.modelcontextprotocol/logLevel": "error" })).toEqual(["a error"]);
  });

  test("hears of a canceled call by the close of its connection, and by no message", async () => {
    const { server, upstream } = sdk();
    const signal = new CallSignal();
    const call = ask(upstream, tool("wait", {}, {}, { signal }));
    await until(() => server.of("tools/call").length === 1);
    signal.abort();
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    await until(() => server.aborted.includes("tools/call"));
    expect(server.of("notifications/cancelled")).toEqual([]);
  });

  test("never gets a response, whatever it asks in a stream, and its answer passes", async () => {
    const { server, upstream } = scripted({
      "tools/call": (sent) =>
        sseReply(
          '{"jsonrpc":"2.0","id":5,"method":"roots/list"}',
          '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"not this one","progress":1}}',
          JSON.stringify({ jsonrpc: "2.0", id: sent.message.id, result: {} }),
        ),
    });
    const told: string[] = [];
    const params = { name: "x", _meta: { ...META, progressToken: "mine" } };
    await ask(upstream, modern("tools/call", params, { onNotification: (message) => told.push(message) }));
    expect(told).toEqual([]);
    expect(server.sent.filter(({ message }) => message.method === undefined && message.id !== undefined)).toEqual([]);
  });

  test("passes what no JSON reader would keep: numbers, escapes, the data of errors", async () => {
    const body = (sent: SentMessage, rest: string) =>
      new Response(`{"jsonrpc":"2.0","id":${sent.message.id},${rest}}`, { headers: { "content-type": "application/json" } });
    const result = String.raw`"result":{"n":12345678901234567890,"f":1.0,"s":"\u00e4"}`;
    const error = String.raw`"error":{"code":-32602,"message":"\u00e4","data":{"n":12345678901234567890}}`;
    const { upstream } = scripted({
      "tools/call": (sent) => body(sent, result),
      "prompts/get": (sent) => {
        const refused = body(sent, error);
        return new Response(refused.body, { status: 400, headers: refused.headers });
      },
    });
    expect(await answerText(upstream, tool("x"))).toBe(`{"jsonrpc":"2.0","id":1,${result}}`);
    expect(await answerText(upstream, modern("prompts/get", { name: "x" }))).toBe(`{"jsonrpc":"2.0","id":1,${error}}`);
  });
});

describe("arguments in headers", () => {
  test("go with a call once the server has listed its tools, whoever asked for the list", async () => {
    const { server, upstream } = sdk();
    await ask(upstream, modern("tools/list"));
    const answer = await ask(upstream, tool("region", { region: "Größe" }));
    expect(JSON.parse(answer.result.content[0].text)).toEqual({ region: "Größe" });
    expect(server.of("tools/call")[0]?.headers.get("mcp-param-region")).toBe("=?base64?R3LDtsOfZQ==?=");
  });

  test("that a server misses make the gateway read its list of tools and call again, once", async () => {
    const { server, upstream } = sdk();
    const answer = await ask(upstream, tool("region", { region: "eu" }));
    expect(JSON.parse(answer.result.content[0].text)).toEqual({ region: "eu" });
    expect(server.of("tools/list")).toHaveLength(1);
    expect(server.of("tools/call").map(({ headers }) => headers.get("mcp-param-region"))).toEqual([null, "eu"]);
  });

  test("that a server goes on to miss are its last word", async () => {
    const { server, upstream } = scripted({
      "tools/call": (sent) =>
        Response.json({ jsonrpc: "2.0", id: sent.message.id, error: { code: -32020, message: "no" } }, { status: 400 }),
    });
    expect(await ask(upstream, tool("x"))).toMatchObject({ error: { code: -32020 } });
    expect(server.of("tools/call")).toHaveLength(2);
  });

  test("that a server misses which does not list its tools are its word too", async () => {
    const mismatch: Answer = (sent) =>
      Response.json({ jsonrpc: "2.0", id: sent.message.id, error: { code: -32020, message: "no" } }, { status: 400 });
    const { server, upstream } = scripted({ "tools/call": mismatch, "tools/list": () => new Response("oops", { status: 500 }) });
    expect(await ask(upstream, tool("x"))).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(server.of("tools/call")).toHaveLength(1);
  });

  test("that the client sends and the gateway does not know go on; no other header of the client's does", async () => {
    const { server, upstream } = sdk();
    await ask(upstream, modern("tools/list"));
    const headers = {
      "Mcp-Param-Tenant": "7",
      "mcp-param-region": "forged",
      "mcp-name": "forged",
      authorization: "Bearer x",
      "mcp-param-bad": "a\r\nb",
    };
    await ask(upstream, tool("region", { region: "eu" }, {}, { headers }));
    const sent = server.of("tools/call")[0]?.headers;
    expect([sent?.get("mcp-param-tenant"), sent?.get("mcp-param-region"), sent?.get("mcp-name")]).toEqual(["7", "eu", "region"]);
    expect([sent?.get("authorization"), sent?.get("mcp-param-bad")]).toEqual([null, null]);
  });

  test("leave tools out of the list that declare them wrongly, and all else in it as it was", async () => {
    const good = String.raw`{"name":"good","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}},"t":"\u00e4"}`;
    const bad = '{"name":"bad","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}';
    const plain = '{"name":"plain","inputSchema":{"type":"object"},"n":12345678901234567890}';
    const { upstream } = scripted({
      "tools/list": (sent) =>
        new Response(`{"jsonrpc":"2.0","id":${sent.message.id},"result":{"tools":[${good}, ${bad} ,${plain}],"x":1.0}}`, {
          headers: { "content-type": "application/json" },
        }),
    });
    expect(await answerText(upstream, modern("tools/list"))).toBe(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${good},${plain}],"x":1.0}}`);
  });
});

describe("changes", () => {
  test("of lists are heard on one stream of the gateway's own", async () => {
    const heard = { lists: 0 };
    const events = {
      listChanged: () => {
        heard.lists += 1;
      },
    };
    const { server, upstream } = sdk({ events });
    await upstream.ready();
    await until(() => server.of("subscriptions/listen").length === 1);
    const [listen] = server.of("subscriptions/listen");
    expect(listen?.message.params).toMatchObject({ notifications: { toolsListChanged: true, resourcesListChanged: true } });
    const before = heard.lists;
    await until(() => {
      server.handler.notify.toolsChanged();
      return heard.lists > before;
    });
    expect(server.of("subscriptions/listen")).toHaveLength(1);
  });

  test("of resources are heard while somebody wants them, on a stream for all of them", async () => {
    const updated: string[] = [];
    const { server, upstream } = sdk({ events: { resourceUpdated: (uri) => updated.push(uri) } });
    expect(await Promise.all(["test://one", "test://two"].map((uri) => upstream.subscribe(uri)))).toEqual([undefined, undefined]);
    const asked = () => server.of("subscriptions/listen").map(({ message }) => (message.params as { notifications: object }).notifications);
    expect(asked().at(-1)).toMatchObject({ resourceSubscriptions: ["test://one", "test://two"] });
    server.handler.notify.resourceUpdated("test://one");
    await until(() => updated.length === 1);
    expect(await upstream.subscribe("test://one")).toBeUndefined();
    upstream.unsubscribe("test://one");
    await until(() => JSON.stringify(asked().at(-1)).includes('["test://two"]'));
    await until(() => {
      server.handler.notify.resourceUpdated("test://one");
      server.handler.notify.resourceUpdated("test://two");
      return updated.includes("test://two");
    });
    await until(() => server.aborted.length === asked().length - 1);
    const count = updated.filter((uri) => uri === "test://one").length;
    server.handler.notify.resourceUpdated("test://one");
    await ask(upstream, tool("echo"));
    expect(updated.filter((uri) => uri === "test://one")).toHaveLength(count);
  });

  test("that came while the stream was broken are taken for changes of everything", async () => {
    const heard = { lists: 0, updates: 0 };
    const events = {
      listChanged: () => {
        heard.lists += 1;
      },
      resourceUpdated: () => {
        heard.updates += 1;
      },
    };
    const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } };
    const { server, upstream } = scripted(
      {
        "server/discover": (sent) => jsonReply(sent, { supportedVersions: ["2026-07-28"], capabilities }),
        "subscriptions/listen": (sent) => {
          const { notifications } = sent.message.params as { notifications: object };
          const acknowledged = { jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: { notifications } };
          // The first is ended in good order, the second is the server's last word for a while.
          return streamReply(
            [encodeSseMessage(JSON.stringify(acknowledged))],
            server.of("subscriptions/listen").length < 3 ? "end" : "open",
          );
        },
      },
      { events },
    );
    await upstream.ready();
    expect(await upstream.subscribe("test://one")).toBeUndefined();
    await until(() => heard.updates > 0 && heard.lists > 1);
    await until(() => server.of("subscriptions/listen").length === 3);
  });

  test("of a server that has no subscriptions are refused by what it would say itself", async () => {
    const { upstream } = scripted();
    expect(JSON.parse((await upstream.subscribe("test://one")) ?? "")).toMatchObject({ code: -32601 });
  });
});

describe("a server of both eras", () => {
  test("is spoken to in the era of each call", async () => {
    const { server, upstream } = sdk({ legacy: "stateless" });
    expect(await ask(upstream, tool("echo"))).toMatchObject({ result: { resultType: "complete" } });
    const legacy = await ask(upstream, callOf("tools/call", { peer: new TestPeer(), paramsText: '{"name":"echo","arguments":{}}' }));
    expect(JSON.parse(legacy.result.content[0].text)).toEqual({ args: {}, meta: null });
    expect(legacy.result.resultType).toBeUndefined();
    const versions = server.of("tools/call").map(({ headers }) => headers.get("mcp-protocol-version"));
    expect(versions).toEqual(["2026-07-28", "2025-11-25"]);
  });

  test("is greeted in the legacy way when the first legacy client calls, once, and not for the gateway's own lists", async () => {
    const { server, upstream } = sdk({ legacy: "stateless" });
    await ask(upstream, callOf("tools/list"));
    await ask(upstream, tool("echo"));
    expect(server.of("initialize")).toEqual([]);
    const legacy = () => ask(upstream, callOf("tools/call", { peer: new TestPeer(), paramsText: '{"name":"echo","arguments":{}}' }));
    for (const answer of await Promise.all([legacy(), legacy(), legacy()])) expect(answer.result.resultType).toBeUndefined();
    expect(server.of("initialize")).toHaveLength(1);
  });

  test("that is none is asked once, and its refusal is no contradiction", async () => {
    const { server, upstream, lost } = sdk();
    const legacy = () => ask(upstream, callOf("tools/call", { peer: new TestPeer(), paramsText: '{"name":"echo","arguments":{}}' }));
    for (let time = 0; time < 3; time += 1) expect((await legacy()).result.resultType).toBe("complete");
    expect(server.of("initialize")).toHaveLength(1);
    expect(server.of("server/discover")).toHaveLength(1);
    expect(lost).toEqual([]);
  });

  test("that knows no stream of changes is heard in its session", async () => {
    let changes = 0;
    const events = {
      listChanged: () => {
        changes += 1;
      },
    };
    const changed = encodeSseMessage('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
    const { upstream, server } = scripted(
      {
        "server/discover": (sent) => jsonReply(sent, { supportedVersions: ["2026-07-28"], capabilities: { tools: { listChanged: true } } }),
        initialize: (sent) =>
          jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }, { "mcp-session-id": "s1" }),
        "subscriptions/listen": (sent) => errorReply(sent, -32601, "no"),
        "GET /mcp": () => streamReply([changed], "open"),
      },
      { events },
    );
    await upstream.ready();
    await until(() => changes === 2);
    expect(server.of("subscriptions/listen")).toHaveLength(1);
  });

  test("is spoken to in one era alone where its policy says so", async () => {
    const legacy = sdk({ legacy: "stateless", era: "legacy" });
    await legacy.upstream.ready();
    expect(legacy.server.of("server/discover")).toEqual([]);
    const modernOnly = sdk({ legacy: "stateless", era: "modern" });
    await modernOnly.upstream.ready();
    expect(modernOnly.server.of("initialize")).toEqual([]);
  });
});

describe("the era of a server", () => {
  test.each<[string, Answer]>([
    ["fails", () => new Response("oops", { status: 500 })],
    ["refuses us", () => new Response(null, { status: 403 })],
    ["stays silent", () => new Promise<Response>(() => {})],
    ["says a page", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["says 405", () => new Response(null, { status: 405 })],
  ])("is legacy where it %s when probed and takes initialize", async (how, answer) => {
    const initialize: Answer = (sent) => jsonReply(sent, { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} });
    // Half of it is waited for a silent server, and all of it is there for the handshake, on a busy machine too.
    const limits = how === "stays silent" ? { connectTimeoutMs: 1000 } : {};
    const { upstream } = scripted({ "server/discover": answer, initialize }, { limits });
    expect(await upstream.ready()).toMatchObject({ protocolVersion: "2025-06-18" });
  });

  test("is modern where it refuses the first probe and takes the second", async () => {
    let asked = 0;
    const { upstream } = scripted({
      "server/discover": (sent) => {
        asked += 1;
        const error = { code: -32022, message: "no", data: { supported: ["2026-07-28"], requested: "2026-07-28" } };
        if (asked === 1) return Response.json({ jsonrpc: "2.0", id: sent.message.id, error }, { status: 400 });
        return jsonReply(sent, { supportedVersions: ["2026-07-28"], capabilities: {}, serverInfo: { name: "picky" } });
      },
    });
    expect(await upstream.ready()).toMatchObject({ protocolVersion: "2026-07-28", serverInfo: { name: "picky" } });
  });

  test("is modern alone where it takes initialize in a revision that has none", async () => {
    const { upstream, server } = scripted({
      initialize: (sent) => jsonReply(sent, { protocolVersion: "2026-07-28", capabilities: {}, serverInfo: {} }),
    });
    expect(await ask(upstream, callOf("tools/call", { peer: new TestPeer(), paramsText: '{"name":"x"}' }))).toMatchObject({ result: {} });
    expect(server.of("tools/call")[0]?.headers.get("mcp-protocol-version")).toBe("2026-07-28");
  });

  test("that neither answers the probe nor takes initialize is not known: it is tried again", async () => {
    let away = true;
    const discover: Answer = (sent) =>
      away
        ? new Response(null, { status: 503 })
        : jsonReply(sent, { supportedVersions: ["2026-07-28"], capabilities: {}, resultType: "complete", ttlMs: 0, cacheScope: "private" });
    const { upstream, lost } = scripted({ "server/discover": discover, initialize: () => new Response(null, { status: 503 }) });
    await until(() => lost.length > 0);
    away = false;
    await until(() => upstream.status().state === "ready");
    expect(await upstream.ready()).toMatchObject({ protocolVersion: "2026-07-28" });
  });

  test("that is not the one that it is pinned to is told", async () => {
    const { upstream } = scripted({ "server/discover": (sent) => errorReply(sent, -32601, "no") }, { era: "modern" });
    await expect(upstream.ready()).rejects.toMatchObject({ message: expect.stringContaining("2026-07-28") });
    const other = scripted({ "server/discover": (sent) => jsonReply(sent, { supportedVersions: ["2099-01-01"] }) }, { era: "modern" });
    await expect(other.upstream.ready()).rejects.toMatchObject({ message: expect.stringContaining("revisions") });
  });

  test("that changes is noticed at the first answer that does not fit", async () => {
    let isModern = false;
    const discovered = { supportedVersions: ["2026-07-28"], capabilities: {}, resultType: "complete", ttlMs: 0, cacheScope: "private" };
    const { upstream, lost } = scripted({
      "server/discover": (sent) => (isModern ? jsonReply(sent, discovered) : errorReply(sent, -32601, "no")),
      initialize: (sent) =>
        isModern ? errorReply(sent, -32022, "no") : jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }),
      "tools/call": (sent) => (isModern ? errorReply(sent, -32022, "no") : jsonReply(sent, {})),
    });
    const call = callOf("tools/call", { paramsText: '{"name":"x"}' });
    expect(await ask(upstream, call)).toMatchObject({ result: {} });
    isModern = true;
    expect(await ask(upstream, call)).toMatchObject({ error: { code: -32022 } });
    await until(() => lost.length === 1);
    await until(() => upstream.status().state === "ready");
    expect(await upstream.ready()).toMatchObject({ protocolVersion: "2026-07-28" });
  });

  test("is asked for again when the answer is old", async () => {
    let isModern = false;
    const discovered = { supportedVersions: ["2026-07-28"], capabilities: {}, resultType: "complete", ttlMs: 0, cacheScope: "private" };
    const { upstream, lost } = scripted(
      {
        "server/discover": (sent) => (isModern ? jsonReply(sent, discovered) : errorReply(sent, -32601, "no")),
        initialize: (sent) => jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }),
      },
      { limits: { eraTtlMs: 1 } },
    );
    await upstream.ready();
    isModern = true;
    await until(() => lost.length >= 1);
    expect(lost[0]).toContain("era");
  });
});
