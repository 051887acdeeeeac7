/** When answers may be streams, and how streams are kept, through the gateway. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient, type TestGateway } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY, type StreamPolicy } from "../policy/gateway-policy.ts";
import { type Answering, ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { STREAM_LIMITS } from "./stream-settings.ts";

const STREAM = "text/event-stream";
const EITHER = "application/json, text/event-stream";
const CALL = { name: "one__a" };
const ROUTES = [
  ["/projects/demo/mcp", "one__a"],
  ["/api/v1/mcp/one", "a"],
  ["/emcp/one", "a"],
] as const;

const calling = (answer: Answering) => new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": answer } });
const quick = () => calling(({ idText }) => resultMessage(idText, '{"content":[]}'));
const stream = (own: Partial<StreamPolicy>) => ({ stream: { ...DEFAULT_GATEWAY_POLICY.stream, ...own } });

/** A server that answers when it is told to, and hears when it is to stop. */
function slow() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const calls: UpstreamCall[] = [];
  const server = calling(async (call) => {
    calls.push(call);
    const aborted = new Promise<void>((stop) => call.signal.addEventListener("abort", stop));
    await Promise.race([promise, aborted]);
    return resultMessage(call.idText, '{"late":true}');
  });
  return { server, calls, answer: resolve };
}

/** A client of a revision whose streams cannot be taken up again. */
async function older(gateway: TestGateway): Promise<TestClient> {
  const client = gateway.client();
  await client.initialize("2025-06-18");
  return client;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to that");
    await Bun.sleep(1);
  }
}

/** Reads the raw text of a stream until it holds what is looked for. */
async function textUntil(response: Response, wanted: RegExp): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  while (!wanted.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream has ended: ${text}`);
    text += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return text;
}

describe("where streams are off", () => {
  test("an attempt to stream is refused before anything is carried out, on every route", async () => {
    const one = quick();
    await using gateway = await openGateway({ servers: { one }, policy: stream({ enabled: false }) });
    for (const [path, name] of ROUTES) {
      const client = await initialized(gateway, { path });
      const refused = await client.send("tools/call", { name }, { accept: STREAM });
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ error: { code: "streaming_disabled" } });
    }
    expect(one.of("tools/call")).toEqual([]);
  });

  test("who takes JSON too gets JSON, also where the server has something to say before it answers", async () => {
    const one = calling(({ idText, onNotification }) => {
      onNotification?.('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}');
      return resultMessage(idText, "{}");
    });
    await using gateway = await openGateway({ servers: { one }, policy: stream({ enabled: false }) });
    const response = await (await initialized(gateway)).send("tools/call", CALL, { accept: EITHER });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  });

  test("the stream of a session is 405, and what may be done is named", async () => {
    await using gateway = await openGateway({ servers: { one: quick() }, policy: stream({ enabled: false }) });
    const response = await (await initialized(gateway)).get();
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, DELETE"]);
  });
});

describe("a server's own switch", () => {
  test("takes streams from this server alone, or gives them to it alone", async () => {
    const servers = () => ({ one: quick(), two: quick() });
    const statuses = async (setup: Partial<Parameters<typeof openGateway>[0]>) => {
      await using gateway = await openGateway({ servers: servers(), ...setup });
      const client = await initialized(gateway);
      const statusOf = async (name: string) => (await client.send("tools/call", { name }, { accept: STREAM })).status;
      return [await statusOf("one__a"), await statusOf("two__a")];
    };
    expect(await statuses({ policies: { one: { stream: { enabled: false } } } })).toEqual([403, 200]);
    expect(await statuses({ policies: { one: { stream: { enabled: true } } }, policy: stream({ enabled: false }) })).toEqual([200, 403]);
  });
});

describe("where streams are on", () => {
  test("who takes a stream alone gets one on every route, which no proxy holds back and which says how it is kept", async () => {
    await using gateway = await openGateway({ servers: { one: quick() } });
    for (const [path, name] of ROUTES) {
      const client = await initialized(gateway, { path });
      const response = await client.send("tools/call", { name }, { accept: STREAM, id: 7 });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("x-accel-buffering")).toBe("no");
      expect(response.headers.get("cache-control")).toContain("no-transform");
      expect(response.headers.get("x-stream-heartbeat-seconds")).toBe("15");
      expect(response.headers.get("x-stream-max-seconds")).toBe("3600");
      expect(await readEvents(response).next()).toEqual({ jsonrpc: "2.0", id: 7, result: { content: [] } } as object);
    }
  });

  test("initialize is no exception", async () => {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    await using on = await openGateway({ servers: { one: quick() } });
    for (const [path] of ROUTES) {
      const response = await on.client({ path }).send("initialize", params, { accept: STREAM });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("mcp-session-id")).toBeString();
      expect(await readEvents(response).next()).toMatchObject({ result: { protocolVersion: "2025-11-25" } });
    }
    await using off = await openGateway({ servers: { one: quick() }, policy: stream({ enabled: false }) });
    expect((await off.client().send("initialize", params, { accept: STREAM })).status).toBe(403);
    expect((await off.client().send("initialize", params, { accept: EITHER })).status).toBe(200);
  });

  test("a modern client that takes a stream alone gets one too", async () => {
    await using gateway = await openGateway({ servers: { one: quick() } });
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "one__a" };
    const response = await gateway.client().send("tools/call", { ...CALL, _meta: meta }, { accept: STREAM, headers });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(await readEvents(response).next()).toMatchObject({ result: {} });
  });

  test("a refusal keeps its own status", async () => {
    await using gateway = await openGateway({ servers: { one: quick().die("it exited") } });
    const response = await (await initialized(gateway)).send("tools/call", CALL, { accept: STREAM });
    expect(response.status).toBe(503);
  });

  test("an answer that takes long begins as a stream, and heartbeats come as often as it says", async () => {
    const { server, calls } = slow();
    await using gateway = await openGateway({ servers: { one: server }, policy: stream({ heartbeatSeconds: 0.02 }) });
    const client = await initialized(gateway);
    for (const accept of [EITHER, STREAM]) {
      const response = await client.send("tools/call", CALL, { accept });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("x-stream-heartbeat-seconds")).toBe("0.02");
      expect(await textUntil(response, /(: alive\n\n.*){3}/s)).toStartWith(": open\n\n");
    }
    expect(calls).toHaveLength(2);
  });

  test("a server's own terms hold for its streams", async () => {
    await using gateway = await openGateway({
      servers: { one: quick() },
      policies: { one: { stream: { heartbeatSeconds: 7, maxSeconds: 9 } } },
    });
    const response = await (await initialized(gateway)).send("tools/call", CALL, { accept: STREAM });
    expect(response.headers.get("x-stream-heartbeat-seconds")).toBe("7");
    expect(response.headers.get("x-stream-max-seconds")).toBe("9");
  });
});

describe("the longest time of a stream", () => {
  test("ends a call with an error on the stream, and the server is told", async () => {
    const { server, calls } = slow();
    await using gateway = await openGateway({ servers: { one: server }, policy: stream({ heartbeatSeconds: 0.01, maxSeconds: 0.05 }) });
    const response = await (await older(gateway)).send("tools/call", CALL, { accept: EITHER, id: 3 });
    const events = readEvents(response);
    expect(await events.next()).toMatchObject({ id: 3, error: { data: { reason: "STREAM_TIMEOUT" } } });
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect(calls[0]?.signal.aborted).toBe(true);
  });

  test("ends the stream of a session, which then holds nothing; the session goes on", async () => {
    await using gateway = await openGateway({ servers: { one: quick() }, policy: stream({ maxSeconds: 0.02 }) });
    const client = await older(gateway);
    const response = await client.get();
    expect(response.headers.get("x-stream-max-seconds")).toBe("0.02");
    await expect(readEvents(response).next()).rejects.toThrow("the stream has ended");
    expect([...gateway.gateway.pipeline.sessions.held()].map(({ idle }) => idle)).toEqual([true]);
    expect(await client.request("ping")).toMatchObject({ result: {} });
  });
});

describe("a client that goes away in the middle of a stream", () => {
  const leave = async (abortOnDisconnect: boolean, open: (gateway: TestGateway) => Promise<TestClient>) => {
    const { server, calls, answer } = slow();
    const settings = { streams: { ...STREAM_LIMITS, graceMs: 1 } };
    const policy = stream({ heartbeatSeconds: 0.01, abortOnDisconnect });
    await using gateway = await openGateway({ servers: { one: server }, settings, policy });
    const response = await (await open(gateway)).send("tools/call", CALL, { accept: EITHER });
    await response.body?.cancel();
    const inFlight = () => gateway.gateway.pipeline.served.server("one")?.host.calls.now;
    if (abortOnDisconnect) await until(() => inFlight() === 0);
    const seen = { aborted: calls[0]?.signal.aborted, inFlight: inFlight() };
    answer();
    await until(() => inFlight() === 0);
    return { ...seen, atOnce: gateway.gateway.pipeline.atOnce.now };
  };

  test("cancels the call at its server, by default", async () => {
    expect(await leave(true, older)).toEqual({ aborted: true, inFlight: 0, atOnce: 0 });
  });

  test("and may come back to it cancels the call when it does not", async () => {
    expect(await leave(true, initialized)).toEqual({ aborted: true, inFlight: 0, atOnce: 0 });
  });

  test("leaves the call to its end where that is configured", async () => {
    expect(await leave(false, older)).toEqual({ aborted: false, inFlight: 1, atOnce: 0 });
  });
});
