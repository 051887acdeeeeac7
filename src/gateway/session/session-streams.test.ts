/** The streams of legacy clients: what they may come back to, and what becomes of a call whose client has gone. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY, type StreamPolicy } from "../policy/gateway-policy.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { STREAM_LIMITS, type StreamLimits } from "../stream/stream-settings.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const EITHER = "application/json, text/event-stream";
const note = (n: number) => JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { n } });

/** A server whose calls a test answers one step at a time. */
function stepwise() {
  const calls: (UpstreamCall & { finish(): void })[] = [];
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")] },
    answers: {
      "tools/call": (call) =>
        new Promise((resolve) => calls.push({ ...call, finish: () => resolve(resultMessage(call.idText, '{"done":true}')) })),
    },
  });
  return { server, calls };
}

type Settings = Partial<StreamLimits> & Partial<StreamPolicy>;

async function setup(settings: Settings = {}, options: { revision?: string; path?: string } = {}) {
  const { server, calls } = stepwise();
  const { maxSeconds = 3600, abortOnDisconnect = true, ...limits } = settings;
  const stream = { ...DEFAULT_GATEWAY_POLICY.stream, maxSeconds, abortOnDisconnect };
  const policy = { ...DEFAULT_GATEWAY_POLICY, stream };
  const gateway = await openGateway({ servers: { one: server }, settings: { streams: { ...STREAM_LIMITS, ...limits }, policy } });
  const client = await initialized(gateway, options);
  const name = options.path === undefined ? "one__a" : "a";
  const begin = async (signal?: AbortSignal) => {
    const response = client.send("tools/call", { name }, { accept: EITHER, id: 1, ...(signal === undefined ? {} : { signal }) });
    await waitUntil(() => calls.length > 0);
    const call = calls.at(-1);
    if (call === undefined) throw new Error("there must be a call");
    return { response, call };
  };
  return { gateway, client, begin, calls };
}

const resume = (client: TestClient, lastEventId: string) => client.get({ "last-event-id": lastEventId });

describe("the stream of a call", () => {
  test("begins with an event that has an id and says when to come back, and every event has the next id", async () => {
    const { gateway, begin } = await setup({ retryMs: 7 });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const events = readEvents(await response);
    const prefix = `${gateway.gateway.pipeline.link.self}.c1.`;
    expect(await events.nextEvent()).toMatchObject({ data: "", id: `${prefix}0` });
    expect(await events.nextEvent()).toMatchObject({ data: note(1), id: `${prefix}1` });
    call.finish();
    expect(await events.nextEvent()).toMatchObject({ id: `${prefix}2` });
    await gateway.gateway.close();
  });

  test("has no ids for the revisions before 2025-11-25", async () => {
    for (const revision of ["2025-06-18", "2025-03-26", "2024-11-05"]) {
      const { gateway, begin } = await setup({}, { revision });
      const { response, call } = await begin();
      call.onNotification?.(note(1));
      expect(await readEvents(await response).nextEvent()).toEqual({ event: "message", data: note(1), id: "" });
      expect(call.onPoll).toBeUndefined();
      await gateway.gateway.close();
    }
  });

  test("goes on behind the last event that the client has seen", async () => {
    const { gateway, client, begin } = await setup();
    const { response, call } = await begin();
    for (const n of [1, 2]) call.onNotification?.(note(n));
    const first = readEvents(await response);
    await first.nextEvent();
    const { id } = await first.nextEvent();
    await first.cancel();
    call.onNotification?.(note(3));
    const again = readEvents(await resume(client, id));
    for (const n of [2, 3]) expect(await again.next()).toMatchObject({ params: { n } });
    call.finish();
    expect(await again.next()).toMatchObject({ id: 1, result: { done: true } } as object);
    await expect(again.next()).rejects.toThrow("the stream has ended");
    await gateway.gateway.close();
  });

  test("is ended for now where the server's is, also before anything was said, and the answer waits", async () => {
    const { gateway, client, begin } = await setup();
    const { response, call } = await begin();
    call.onPoll?.(40);
    const events = readEvents(await response);
    const { id } = await events.nextEvent();
    await events.nextEvent();
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect(call.signal.aborted).toBe(false);
    call.finish();
    expect(await readEvents(await resume(client, id)).next()).toMatchObject({ result: { done: true } });
    await gateway.gateway.close();
  });

  test("can be taken up at a server's own route, where there is no other stream", async () => {
    const { gateway, client, begin } = await setup({}, { path: "/api/v1/mcp/one" });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const { id } = await readEvents(await response).nextEvent();
    call.finish();
    expect(await readEvents(await resume(client, id)).next()).toMatchObject({ params: { n: 1 } });
    expect((await client.get()).status).toBe(405);
    expect((await resume(client, id.replace(".c1.", ".g1."))).status).toBe(400);
    await gateway.gateway.close();
  });

  test("ends in time, and a client comes back for the rest", async () => {
    const { gateway, client, begin } = await setup({ maxSeconds: 0.005 });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const events = readEvents(await response);
    await events.next();
    const { id } = await events.nextEvent();
    await expect(events.next()).rejects.toThrow("the stream has ended");
    call.finish();
    expect(await readEvents(await resume(client, id)).next()).toMatchObject({ result: {} });
    await gateway.gateway.close();
  });

  test("that cannot be resumed ends in time with an error, and its call with it", async () => {
    const { gateway, begin } = await setup({ maxSeconds: 0.005 }, { revision: "2025-06-18" });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const events = readEvents(await response);
    await events.next();
    expect(await events.next()).toMatchObject({ id: 1, error: { code: -31004, data: { reason: "STREAM_TIMEOUT" } } } as object);
    expect(call.signal.aborted).toBe(true);
    await gateway.gateway.close();
  });
});

describe("a Last-Event-ID", () => {
  test("of a stream that is over and was read to its end is 204: there is nothing to come back for", async () => {
    const { gateway, client, begin } = await setup();
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    call.finish();
    const events = readEvents(await response);
    await events.next();
    const { id } = await events.nextEvent();
    const again = await resume(client, id);
    expect({ status: again.status, body: await again.text() }).toEqual({ status: 204, body: "" });
    await gateway.gateway.close();
  });

  test("that names no stream of this session is 400", async () => {
    const { gateway, client, begin } = await setup();
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const { id } = await readEvents(await response).nextEvent();
    const other = await initialized(gateway);
    for (const text of ["", "1", "x.c1.1", id.replace(".c1.", ".c9."), id.replace(/^./, "_"), `${id}9`, `${id} `.repeat(100)]) {
      expect((await resume(client, text)).status).toBe(400);
    }
    expect((await resume(other, id)).status).toBe(400);
    const old = await initialized(gateway, { revision: "2025-06-18" });
    expect((await resume(old, id)).status).toBe(400);
    await gateway.gateway.close();
  });

  test("of a stream outside of calls that is not there any more opens a new one", async () => {
    const { gateway, client } = await setup();
    const events = readEvents(await resume(client, "process0.g7.3"));
    expect(await events.nextEvent()).toMatchObject({ data: "", id: `${gateway.gateway.pipeline.link.self}.g1.0` });
    await gateway.gateway.close();
  });
});

describe("streams outside of calls", () => {
  test("may be several, and each message goes out on one of them, once", async () => {
    const { gateway, client } = await setup();
    const streams = [readEvents(await client.get()), readEvents(await client.get())];
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    for (const n of [1, 2]) session?.push(note(n));
    for (const n of [1, 2]) expect(await streams[0]?.next()).toMatchObject({ params: { n } });
    await streams[0]?.cancel();
    session?.push(note(3));
    expect(await streams[1]?.next()).toMatchObject({ params: { n: 3 } });
    await gateway.gateway.close();
  });

  test("are eight at most: the oldest makes room", async () => {
    const { gateway, client } = await setup();
    const first = readEvents(await client.get());
    for (let n = 0; n < 8; n += 1) await client.get();
    await first.nextEvent();
    await expect(first.next()).rejects.toThrow("the stream has ended");
    await gateway.gateway.close();
  });

  test("are taken up behind the last event, with what came while nobody read", async () => {
    const { gateway, client } = await setup();
    const first = readEvents(await client.get());
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    session?.push(note(1));
    await first.nextEvent();
    const { id } = await first.nextEvent();
    await first.cancel();
    session?.push(note(2));
    expect(session?.listens).toBe(true);
    const again = readEvents(await resume(client, id));
    expect(await again.next()).toMatchObject({ params: { n: 2 } });
    await gateway.gateway.close();
  });

  test("tell servers whether the client listens", async () => {
    const { gateway, client } = await setup({ graceMs: 1 });
    await client.send("ping");
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    const heard: boolean[] = [];
    session?.onListening((listens) => heard.push(listens));
    const streams = [await client.get(), await client.get()];
    for (const stream of streams) await stream.body?.cancel();
    await waitUntil(() => heard.length === 2);
    expect(heard).toEqual([true, false]);
    await gateway.gateway.close();
  });
});

describe("a call whose client has gone", () => {
  test("is canceled when the grace is over and nobody came back", async () => {
    const { gateway, begin } = await setup({ graceMs: 5 });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    const events = readEvents(await response);
    await events.next();
    await events.cancel();
    expect(call.signal.aborted).toBe(false);
    await waitUntil(() => call.signal.aborted);
    await gateway.gateway.close();
  });

  test("is canceled at once where its stream cannot be resumed", async () => {
    const { gateway, begin } = await setup({}, { revision: "2025-06-18" });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    await readEvents(await response).cancel();
    expect(call.signal.aborted).toBe(true);
    await gateway.gateway.close();
  });

  test("goes on where the settings say so", async () => {
    const { gateway, begin } = await setup({ abortOnDisconnect: false }, { revision: "2025-06-18" });
    const { response, call } = await begin();
    call.onNotification?.(note(1));
    await readEvents(await response).cancel();
    expect(call.signal.aborted).toBe(false);
    await gateway.gateway.close();
  });

  test("before anything was said is canceled too: nobody could fetch its answer", async () => {
    const { gateway, begin } = await setup();
    const leaving = new AbortController();
    const { response, call } = await begin(leaving.signal);
    leaving.abort();
    await waitUntil(() => call.signal.aborted);
    expect(await (await response).json()).toMatchObject({ error: { code: -31099 } });
    await gateway.gateway.close();
  });

  test("over a socket, while its answer is still awaited, is canceled", async () => {
    const { gateway, client, calls } = await setup();
    const leaving = new AbortController();
    const headers = client.headers({ "content-type": "application/json", accept: EITHER });
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__a" } });
    const request = fetch(`${gateway.listen()}${client.path}`, { method: "POST", headers, body, signal: leaving.signal });
    await waitUntil(() => calls.length === 1);
    leaving.abort();
    await expect(request).rejects.toThrow();
    await waitUntil(() => calls[0]?.signal.aborted === true);
    await gateway[Symbol.asyncDispose]();
  });
});
