/** A legacy client of the gateway at real servers of both eras: they ask it, log to it, tell it of changes, and hear its answers. */
import { afterEach, describe, expect, test } from "bun:test";
import { initialized, openGateway, readEvents, type TestClient } from "../../gateway.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "./http-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";
import { startSdkV1Http } from "./sdk-v1-http.fixture.ts";
import { startSdkV2Http } from "./sdk-v2-http.fixture.ts";

const EITHER = "application/json, text/event-stream";
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function open<S extends Disposable & { readonly url: string }>(server: S) {
  const gateway = await openGateway({
    servers: {
      one: (_, events) =>
        httpUpstream({ handle: "one", url: server.url, allowLoopback: true, events, onLost: () => {}, limits: HTTP_LIMITS }),
    },
  });
  stops.push(
    () => server[Symbol.dispose](),
    () => gateway.gateway.close(),
  );
  return { server, gateway, client: await initialized(gateway, { capabilities: CAPABILITIES }) };
}

/** Calls a tool and answers each question of its server, until the answer of the call is there. */
async function converse(client: TestClient, name: string, reply: object) {
  const events = readEvents(await client.send("tools/call", { name, arguments: {} }, { accept: EITHER, id: "call" }));
  const questions: string[] = [];
  for (;;) {
    const message = await events.next();
    if (message.id === "call") return { questions, answer: message };
    if (message.method === undefined || message.id === undefined) continue;
    questions.push(message.method);
    await client.post(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: reply }));
  }
}

describe.each([
  ["legacy", () => startSdkV1Http()],
  ["modern", () => startSdkV2Http()],
] as const)("a %s server", (era, start) => {
  test("asks the client in the midst of its call", async () => {
    const { client } = await open<Disposable & { readonly url: string }>(start());
    const { questions, answer } = await converse(client, "one__elicit", { action: "accept", content: { name: "ann" } });
    expect(questions).toEqual(["elicitation/create"]);
    const said = JSON.parse(answer.result.content[0].text);
    expect(era === "legacy" ? said.content : said.answer).toEqual({ name: "ann" });
    expect(JSON.stringify(answer)).not.toContain("input_required");
  });

  test("logs to the client from the level on that it sets", async () => {
    const { client } = await open<Disposable & { readonly url: string }>(start());
    expect(await client.request("logging/setLevel", { level: "debug" })).toMatchObject({ result: {} });
    const params = { name: "one__log", arguments: era === "legacy" ? { words: ["x"] } : {} };
    const events = readEvents(await client.send("tools/call", params, { accept: EITHER, id: "call" }));
    const levels: unknown[] = [];
    for (let message = await events.next(); message.id !== "call"; message = await events.next()) {
      levels.push((message.params as { level: unknown }).level);
    }
    expect(levels).toEqual(era === "legacy" ? ["debug", "warning"] : ["debug", "error"]);
  });

  test("tells of a resource that the client has subscribed to", async () => {
    const server = start();
    const { client } = await open<Disposable & { readonly url: string }>(server);
    const events = readEvents(await client.get());
    const { result } = await client.request("resources/list");
    const [{ uri }] = result.resources;
    expect(await client.request("resources/subscribe", { uri })).toMatchObject({ result: {} });
    if ("handler" in server) server.handler.notify.resourceUpdated("test://one");
    else {
      const own = [...server.sessions.values()].find(({ subscribed }) => subscribed.has("test://one"));
      void own?.server.server.sendResourceUpdated({ uri: "test://one" });
    }
    for (;;) {
      const message = await events.next();
      if (message.method !== "notifications/resources/updated") continue;
      expect(message.params).toMatchObject({ uri });
      break;
    }
  });
});

test("a server's own stream reaches a client that listens, and its answer the server", async () => {
  const { client, server } = await open(startSdkV1Http());
  const events = readEvents(await client.get());
  await client.request("tools/call", { name: "one__client", arguments: {} });
  await until(() => server.requests.filter((line) => line.startsWith("GET")).length === 2);
  await client.request("tools/call", { name: "one__later", arguments: { what: "ask" } });
  for (;;) {
    const message = await events.next();
    if (message.method !== "elicitation/create") continue;
    await client.post(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: { action: "decline" } }));
    break;
  }
  await until(() => [...server.sessions.values()].some(({ notified }) => notified.includes("reply decline")));
});
