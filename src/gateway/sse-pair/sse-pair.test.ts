/** Clients of the HTTP+SSE transport of 2024-11-05, through the gateway. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { type GrantOptions, openGateway, type Reply, readEvents, type Setup, type TestGateway } from "../gateway.fixture.ts";
import { LinkPair } from "../link/link-pair.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { STREAM_LIMITS } from "../stream/stream-settings.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const OFFERED = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const FORM = '{"message":"Which \\u0066ile?","big":12345678901234567890}';

/** A server that can do all that a client can notice. */
function scripted() {
  return new ScriptedServer({
    lists: { tools: ["plain", "ask", "tell", "hang"].map(toolText), resources: ['{"uri":"x://1"}'] },
    initialized: { capabilities: { tools: {}, resources: { subscribe: true }, logging: {} } },
    answers: {
      "tools/call": async (call: UpstreamCall) => {
        const { name } = JSON.parse(call.paramsText ?? "{}");
        if (name === "hang")
          return new Promise<string>((_, reject) => call.signal.addEventListener("abort", () => reject(new Error("gone"))));
        if (name === "tell") call.onNotification?.('{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"\\u0061"}}');
        const reply = name === "ask" ? await call.onQuestion?.({ method: "elicitation/create", paramsText: FORM }) : {};
        return resultMessage(call.idText, JSON.stringify({ reply }));
      },
    },
  });
}

/** Opens the stream of a client and hears where to post. */
async function openPair(gateway: TestGateway, { path = "/projects/demo/sse", token = gateway.token, through = gateway } = {}) {
  const authorization = `Bearer ${token}`;
  const leaving = new AbortController();
  const response = await gateway.fetch(path, { headers: { authorization, accept: "text/event-stream" }, signal: leaving.signal });
  const events = readEvents(response);
  const { event, data: endpoint } = await events.nextEvent();
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, to = endpoint) =>
    through.fetch(to, {
      method: "POST",
      headers: { authorization, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const request = async (method: string, params: object = {}, id: unknown = 1): Promise<Reply> => {
    const { status } = await post({ jsonrpc: "2.0", id, method, params });
    expect(status).toBe(202);
    return events.next();
  };
  const initialize = (capabilities: object = {}, protocolVersion = "2024-11-05") =>
    request("initialize", { protocolVersion, capabilities, clientInfo: { name: "old", version: "1" } }, "init");
  const notify = (method: string, params: object = {}) => post({ jsonrpc: "2.0", method, params });
  return { response, event, endpoint, events, post, request, initialize, notify };
}

async function setup(options: Setup & { capabilities?: object; path?: string } = {}) {
  const one = scripted();
  const gateway = await openGateway({ servers: { one }, ...options });
  const pair = await openPair(gateway, options.path === undefined ? {} : { path: options.path });
  const { result } = await pair.initialize(options.capabilities);
  return { one, gateway, pair, result, close: () => gateway.gateway.close() };
}

const sessionsHeld = ({ gateway }: TestGateway) => [...gateway.pipeline.sessions.held()].length;

describe("the stream", () => {
  test.each([
    ["/projects/demo/sse", "/projects/demo/messages"],
    ["/sse", "/messages"],
  ])("of %s says first where to post", async (path, messages) => {
    await using gateway = await openGateway({ servers: { one: scripted() } });
    const { response, event, endpoint } = await openPair(gateway, { path });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect(event).toBe("endpoint");
    expect(endpoint).toMatch(new RegExp(`^${messages}\\?session_id=[0-9A-Za-z]{8}\\.[0-9a-f]{32}$`));
  });

  test("answers what is posted, each under its id, while the POST is only taken", async () => {
    const { pair, result, close } = await setup();
    expect(result).toMatchObject({ protocolVersion: "2024-11-05", capabilities: { logging: {}, resources: { subscribe: true } } });
    expect((await pair.notify("notifications/initialized")).status).toBe(202);
    const response = await pair.post('{"jsonrpc":"2.0","id":"\\u0061","method":"tools/call","params":{"name":"one__plain"}}');
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 202, body: "" });
    expect(await pair.events.next()).toEqual({ jsonrpc: "2.0", id: "a", result: { reply: {} } } as object);
    expect((await pair.request("tools/list")).result.tools).toHaveLength(4);
    expect((await pair.request("ping", {}, 7)) as object).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
    await close();
  });

  test.each(["2025-03-26", "2025-06-18", "2025-11-25"])("is of revision %s too, and never to be resumed", async (revision) => {
    await using gateway = await openGateway({ servers: { one: scripted() } });
    const pair = await openPair(gateway);
    expect((await pair.initialize({}, revision)).result.protocolVersion).toBe(revision);
    await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__tell" } }, { "mcp-protocol-version": revision });
    expect(await pair.events.nextEvent()).toMatchObject({ id: "", data: expect.stringContaining("notifications/message") } as object);
    expect(await pair.events.nextEvent()).toMatchObject({ id: "", data: expect.stringContaining('"result"') } as object);
  });

  test("carries what a server says and asks in the midst of a call, byte for byte", async () => {
    const { pair, close } = await setup({ capabilities: OFFERED });
    await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__tell" } });
    expect((await pair.events.nextEvent()).data).toBe('{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"\\u0061"}}');
    await pair.events.next();
    await pair.post({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "one__ask" } });
    const { data } = await pair.events.nextEvent();
    expect(data).toEndWith(`"params":${FORM}}`);
    await pair.post({ jsonrpc: "2.0", id: JSON.parse(data).id, result: { action: "decline" } });
    expect((await pair.events.next()) as object).toMatchObject({ id: 2, result: { reply: { resultText: '{"action":"decline"}' } } });
    await close();
  });

  test("carries what happens outside of calls", async () => {
    const { one, pair, close } = await setup();
    expect((await pair.request("resources/subscribe", { uri: "x://1" })).result).toEqual({});
    one.update("x://1");
    expect((await pair.events.next()) as object).toMatchObject({ method: "notifications/resources/updated", params: { uri: "x://1" } });
    one.lists = { ...one.lists, tools: [] };
    one.announce();
    expect(await pair.events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    await close();
  });

  test("says that it is alive, and ends when its time is up, and with it the session", async () => {
    const stream = { enabled: true, heartbeatSeconds: 0.01, maxSeconds: 0.05, abortOnDisconnect: true };
    await using gateway = await openGateway({ servers: { one: scripted() }, policy: { stream } });
    const pair = await openPair(gateway);
    await pair.initialize();
    await expect(pair.events.next()).rejects.toThrow("the stream has ended");
    expect(sessionsHeld(gateway)).toBe(0);
    expect((await pair.notify("notifications/initialized")).status).toBe(404);
  });
});

describe("what ends it", () => {
  test("its client, and then its calls are canceled and its id is nobody's", async () => {
    const { one, gateway, pair, close } = await setup();
    await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__hang" } });
    await waitUntil(() => one.of("tools/call").length === 1);
    await pair.events.cancel();
    expect(one.of("tools/call")[0]?.signal.aborted).toBe(true);
    expect(sessionsHeld(gateway)).toBe(0);
    expect(gateway.gateway.vitals().streamsOpen.legacy).toBe(0);
    expect((await pair.post({ jsonrpc: "2.0", id: 2, method: "ping" })).status).toBe(404);
    await close();
  });

  test("the end of its project, whether it is in session or not", async () => {
    const { gateway, pair, close } = await setup();
    const early = await openPair(gateway);
    gateway.control.change({ projects: [] }, "projects");
    for (const { events } of [pair, early]) await expect(events.next()).rejects.toThrow("the stream has ended");
    await close();
  });

  test("the end of its token", async () => {
    const { gateway, pair, close } = await setup();
    const early = await openPair(gateway);
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    const principal = session?.caller?.principal;
    gateway.control.announce("mcptokens", principal?.kind === "token" ? principal.sha : "");
    for (const { events } of [pair, early]) await expect(events.next()).rejects.toThrow("the stream has ended");
    await close();
  });

  test("a reader that does not read", async () => {
    const { gateway, close } = await setup({ settings: { streams: { ...STREAM_LIMITS, maxUnreadMessages: 10 } } });
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    for (let sent = 0; sent < 20; sent += 1) session?.push('{"jsonrpc":"2.0","method":"x"}');
    expect(gateway.gateway.counts.streamsCut).toBe(1);
    expect(sessionsHeld(gateway)).toBe(0);
    await close();
  });

  test("a gateway that stops, when the calls in flight are answered", async () => {
    const { gateway, pair, close } = await setup({ capabilities: OFFERED });
    const idle = await openPair(gateway);
    await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__ask" } });
    const { id } = await pair.events.next();
    gateway.gateway.drain();
    await expect(idle.events.next()).rejects.toThrow("the stream has ended");
    expect((await pair.post({ jsonrpc: "2.0", id: 2, method: "ping" })).status).toBe(503);
    expect((await gateway.fetch("/sse", { headers: { authorization: `Bearer ${gateway.token}` } })).status).toBe(503);
    await pair.post({ jsonrpc: "2.0", id, result: { action: "decline" } });
    expect(await pair.events.next()).toMatchObject({ id: 1 } as object);
    await expect(pair.events.next()).rejects.toThrow("the stream has ended");
    await close();
  });
});

describe("what is refused", () => {
  test("other methods, with those that are right", async () => {
    await using gateway = await openGateway({ servers: { one: scripted() } });
    for (const [method, path, allow] of [
      ["POST", "/sse", "GET"],
      ["DELETE", "/projects/demo/sse", "GET"],
      ["GET", "/messages", "POST"],
      ["DELETE", "/projects/demo/messages", "POST"],
    ] as const) {
      const response = await gateway.fetch(path, { method, headers: { authorization: `Bearer ${gateway.token}` } });
      expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    }
  });

  test("a post that names no stream, none that there is, or a part of one", async () => {
    const { pair, close } = await setup();
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
    const status = async (to: string) => (await pair.post(ping, {}, to)).status;
    expect(await status("/projects/demo/messages")).toBe(400);
    const id = pair.endpoint.split("=")[1] ?? "";
    for (const other of ["", "x", id.slice(0, -1), `${id}0`, id.toUpperCase(), `${id.slice(0, -1)}g`])
      expect(await status(`/projects/demo/messages?session_id=${other}`)).toBe(404);
    expect(await status(`/messages?session_id=${id}`)).toBe(202);
    await close();
  });

  test("what comes before initialize, and a second one", async () => {
    await using gateway = await openGateway({ servers: { one: scripted() } });
    const pair = await openPair(gateway);
    const early = await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect([early.status, await early.json()]).toMatchObject([400, { id: 1, error: { code: -32000 } }]);
    await pair.initialize();
    const again = await pair.post({ jsonrpc: "2.0", id: 2, method: "initialize", params: { protocolVersion: "2024-11-05" } });
    expect([again.status, await again.json()]).toMatchObject([400, { id: 2, error: { code: -32600 } }]);
    expect(sessionsHeld(gateway)).toBe(1);
  });

  test("a batch, what is no message, and what is of another revision", async () => {
    const { pair, close } = await setup();
    for (const [body, headers] of [
      [[{ jsonrpc: "2.0", id: 1, method: "ping" }], {}],
      ["{", {}],
      [{ jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-protocol-version": "2026-07-28" }],
      [{ jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-protocol-version": "1999-01-01" }],
      [
        {
          jsonrpc: "2.0",
          id: 1,
          method: "ping",
          params: { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} } },
        },
        {},
      ],
    ] as const)
      expect((await pair.post(body, headers)).status).toBe(400);
    expect((await pair.post({ jsonrpc: "2.0", id: 1, method: "ping" }, { "content-type": "text/plain" })).status).toBe(415);
    await close();
  });

  test("what a caller may not do, by the status of the POST", async () => {
    await using gateway = await openGateway({ servers: { one: scripted() } });
    const token = gateway.control.issue("demo", { scopes: ["mcp:read"] });
    const pair = await openPair(gateway, { token });
    await pair.initialize();
    const response = await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__plain" } });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: "scope_denied" } }]);
  });

  test("a stream where there are to be none, and more of them than one may have", async () => {
    await using off = await openGateway({
      policy: { stream: { enabled: false, heartbeatSeconds: 15, maxSeconds: 60, abortOnDisconnect: true } },
    });
    const get = (gateway: TestGateway) => gateway.fetch("/sse", { headers: { authorization: `Bearer ${gateway.token}` } });
    expect((await get(off)).status).toBe(403);
    await using gateway = await openGateway({ servers: { one: scripted() } });
    const open = await Promise.all(Array.from({ length: 64 }, () => openPair(gateway)));
    expect((await get(gateway)).status).toBe(429);
    await open[0]?.events.cancel();
    expect((await get(gateway)).status).toBe(200);
  });

  test("a call whose server is away is answered on the stream", async () => {
    const { one, pair, close } = await setup();
    one.die("it exited");
    expect((await pair.request("tools/call", { name: "one__plain" })).error?.message).toContain("it exited");
    await close();
  });
});

test("each request has one event in the log, and a stream one of its own", async () => {
  await using gateway = await openGateway({ servers: { one: scripted() } });
  const pair = await openPair(gateway, { token: gateway.control.issue("demo", { scopes: ["mcp:read"] }) });
  await pair.initialize();
  await pair.request("tools/list");
  await pair.notify("notifications/initialized");
  await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__plain" } });
  await pair.post({ jsonrpc: "2.0", id: 1, method: "ping" }, {}, "/messages?session_id=x");
  const events = gateway.control.audited.map(({ method, outcome, status, tool }) => [method, outcome, status, tool]);
  expect(events).toEqual([
    ["GET /projects/demo/sse", "ok", 200, undefined],
    ["initialize", "ok", 200, undefined],
    ["tools/list", "ok", 200, undefined],
    ["tools/call", "refused", 403, "plain"],
    ["ping", "refused", 404, undefined],
  ]);
});

describe("a post that reaches another process", () => {
  async function linked(capabilities: object = {}, grant: GrantOptions = {}) {
    const link = new LinkPair();
    const one = scripted();
    let count = 0;
    const nextLink = () => link.of(`process${++count}`);
    const first = await openGateway({ servers: { one }, link: nextLink });
    const second = await first.restart();
    const token = first.control.issue("demo", grant);
    const pair = await openPair(first, { through: second, token });
    await pair.initialize(capabilities);
    const close = async () => {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    };
    return { link, first, second, token, pair, close };
  }

  test("is carried out where the stream is, and its event is there once", async () => {
    const { first, second, pair, close } = await linked(OFFERED);
    first.control.audited.length = 0;
    await pair.post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__ask" } });
    const { id } = await pair.events.next();
    await pair.post({ jsonrpc: "2.0", id, result: { action: "decline" } });
    expect(await pair.events.next()).toMatchObject({ id: 1 } as object);
    const traced = await pair.post({ jsonrpc: "2.0", id: 2, method: "ping" }, { "x-trace-id": "trace-of-the-caller" });
    await pair.events.next();
    expect(traced.headers.get("x-trace-id")).toBe("trace-of-the-caller");
    const events = first.control.audited.map(({ method, outcome, traceId, address }) => [
      method,
      outcome,
      traceId === "trace-of-the-caller",
      address,
    ]);
    expect(events).toEqual([
      ["tools/call", "ok", false, "127.0.0.9"],
      ["ping", "ok", true, "127.0.0.9"],
    ]);
    expect(sessionsHeld(second)).toBe(0);
    await close();
  });

  test("is refused as it would be there, and written down once", async () => {
    const { first, pair, close } = await linked({}, { scopes: ["mcp:read"] });
    first.control.audited.length = 0;
    const response = await pair.post({ jsonrpc: "2.0", id: 3, method: "tools/call", params: { name: "one__plain" } });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: "scope_denied" } }]);
    expect(first.control.audited.map(({ outcome, status }) => [outcome, status])).toEqual([["refused", 403]]);
    await close();
  });

  test("is nobody's where the stream is over, is another's, or its process is gone", async () => {
    const { link, first, second, pair, close } = await linked();
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
    const id = pair.endpoint.split("=")[1] ?? "";
    const other = first.control.issue("demo");
    const asOther = await second.fetch(pair.endpoint, {
      method: "POST",
      headers: { authorization: `Bearer ${other}`, "content-type": "application/json" },
      body: JSON.stringify(ping),
    });
    expect(asOther.status).toBe(404);
    const post = { project: "prj_demo", body: JSON.stringify(ping), traceId: "t" };
    const forged = { kind: "posted", target: id, principalId: "token:other", message: JSON.stringify(post) } as const;
    expect(await link.forge("process1", forged)).toEqual({ held: false });
    expect((await pair.post(ping, {}, `/messages?session_id=process9.${"0".repeat(32)}`)).status).toBe(404);
    await pair.events.cancel();
    expect((await pair.post(ping)).status).toBe(404);
    await close();
  });

  test("is refused where what the stream was opened with opens nothing any more", async () => {
    const { link, first, token, pair, close } = await linked();
    const id = pair.endpoint.split("=")[1] ?? "";
    const post = { project: "prj_demo", body: '{"jsonrpc":"2.0","id":1,"method":"ping"}', traceId: "t" };
    const principal = [...first.gateway.pipeline.sessions.held()][0]?.claims.principalId ?? "";
    first.control.grants.delete(token);
    first.control.announce("users");
    const reply = await link.forge("process1", { kind: "posted", target: id, principalId: principal, message: JSON.stringify(post) });
    expect(JSON.parse(reply?.answer ?? "")).toMatchObject({ status: 401, code: "unauthenticated" });
    await close();
  });
});
