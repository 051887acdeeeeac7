/** A client that the SDK of both eras made, bound to the modern one, at real servers of both, with the gateway between them. */
import { afterEach, describe, expect, test } from "bun:test";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { openGateway } from "./gateway.fixture.ts";
import type { ServerToRun } from "./serving/server-to-run.ts";
import { HTTP_LIMITS, httpUpstream } from "./upstream/http/http-upstream.ts";
import { startSdkV1Http } from "./upstream/http/sdk-v1-http.fixture.ts";
import { startSdkV2Http } from "./upstream/http/sdk-v2-http.fixture.ts";
import type { UpstreamEvents } from "./upstream/upstream.ts";
import { waitUntil } from "./wait-until.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

type ToolResult = Awaited<ReturnType<Client["callTool"]>>;

function sdkClient(mode: ConstructorParameters<typeof Client>[1] = {}) {
  const client = new Client(
    { name: "agent", version: "9" },
    {
      capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
      versionNegotiation: { mode: { pin: "2026-07-28" } },
      ...mode,
    },
  );
  const asked: string[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params.message);
    return { action: "accept", content: { name: "ada" } };
  });
  client.setRequestHandler("sampling/createMessage", () => ({ role: "assistant", model: "m", content: { type: "text", text: "hello" } }));
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///x" }] }));
  return { client, asked };
}

async function setup(start: () => Disposable & { readonly url: string }, path = "/projects/demo/mcp") {
  const server = start();
  const one = ({ handle }: ServerToRun, events: UpstreamEvents) =>
    httpUpstream({ handle, url: server.url, allowLoopback: true, events, onLost: () => {}, limits: HTTP_LIMITS });
  const gateway = await openGateway({ servers: { one } });
  const { client, asked } = sdkClient();
  const url = new URL(gateway.listen() + path);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${gateway.token}` } } }));
  stops.push(
    () => server[Symbol.dispose](),
    () => gateway[Symbol.asyncDispose](),
    () => client.close(),
  );
  return { client, asked, gateway, server };
}

const said = ({ content }: ToolResult) => JSON.parse((content as { text: string }[])[0]?.text ?? "");

const LEGACY = () => startSdkV1Http();
const MODERN = () => startSdkV2Http();

test("it discovers a project, and a server by its own word", async () => {
  const { client } = await setup(MODERN);
  expect(client.getServerVersion()).toMatchObject({ name: "mcpctl" });
  expect(client.getServerCapabilities()).toMatchObject({ tools: { listChanged: true }, resources: { subscribe: true } });
  const alone = await setup(MODERN, "/api/v1/mcp/one");
  expect(alone.client.getServerVersion()).toEqual({ name: "sdk-v2", version: "2.4" });
  expect(alone.client.getInstructions()).toBe("Ask me");
});

describe.each([
  ["legacy", LEGACY],
  ["modern", MODERN],
] as const)("at a %s server", (_, start) => {
  test("it lists, calls and reads", async () => {
    const { client } = await setup(start);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("one__elicit");
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(["test://one"]);
    expect((await client.readResource({ uri: "test://one" })).contents).toEqual([{ uri: "test://one", text: "1" }]);
    await expect(client.callTool({ name: "one__nothing" })).rejects.toMatchObject({ code: -32602 });
  });

  test("it is asked in the midst of a call, and answers", async () => {
    const { client, asked } = await setup(start);
    const result = said(await client.callTool({ name: "one__elicit", arguments: {} }));
    expect(JSON.stringify(result)).toContain('"name":"ada"');
    expect(asked).toEqual(["who?"]);
  });
});

test("at a legacy server it is asked for all that it offers, call after call and side by side", async () => {
  const { client } = await setup(LEGACY);
  const call = async (tool: string) => said(await client.callTool({ name: `one__${tool}`, arguments: {} }));
  for (let round = 0; round < 2; round += 1) {
    const answers = await Promise.all(["elicit", "sample", "roots", "elicit"].map(call));
    expect(answers).toEqual([
      { action: "accept", content: { name: "ada" } },
      { role: "assistant", model: "m", content: { type: "text", text: "hello" } },
      { roots: [{ uri: "file:///x" }] },
      { action: "accept", content: { name: "ada" } },
    ]);
  }
});

test("a legacy server knows who calls, and what it may be asked", async () => {
  const { client } = await setup(LEGACY);
  expect(said(await client.callTool({ name: "one__client", arguments: {} }))).toEqual({
    is: { name: "agent", version: "9" },
    offers: { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
  });
});

test("a modern server gets the arguments that travel in headers, and its own state back", async () => {
  const { client } = await setup(MODERN);
  await client.listTools();
  expect(said(await client.callTool({ name: "one__region", arguments: { region: "größe" } }))).toEqual({ region: "größe" });
  expect(said(await client.callTool({ name: "one__elicit", arguments: {} })).state).toBe("état-1/+=");
  expect(said(await client.callTool({ name: "one__again", arguments: { rounds: 2 } }))).toEqual({ round: 2 });
});

test("progress comes before the answer", async () => {
  const { client } = await setup(MODERN);
  const progress: number[] = [];
  await client.callTool({ name: "one__progress", arguments: {} }, { onprogress: (step) => progress.push(step.progress) });
  expect(progress).toEqual([1, 2]);
});

test("a call that it gives up is given up at the server", async () => {
  const server = startSdkV2Http();
  const { client } = await setup(() => server);
  const giving = new AbortController();
  const call = client.callTool({ name: "one__wait", arguments: {} }, { signal: giving.signal });
  await waitUntil(() => server.of("tools/call").length === 1);
  giving.abort("enough");
  await expect(call).rejects.toThrow();
  await waitUntil(() => server.aborted.includes("tools/call"));
});

describe.each([
  ["legacy", LEGACY],
  ["modern", MODERN],
] as const)("at a %s server it hears", (_, start) => {
  test("of resources that changed, and how its stream ended", async () => {
    const { client, gateway, server } = await setup(start);
    const heard: string[] = [];
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void heard.push(params.uri));
    const listening = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://one"] });
    expect(listening.honoredFilter).toEqual({ toolsListChanged: true, resourceSubscriptions: ["test://one"] });
    tellOfResource(server);
    await waitUntil(() => heard.length > 0);
    expect(heard[0]).toBe("test://one");
    gateway.gateway.drain();
    expect(await listening.closed).toBe("graceful");
  });
});

function tellOfResource(server: Disposable): void {
  if ("handler" in server) (server as ReturnType<typeof startSdkV2Http>).handler.notify.resourceUpdated("test://one");
  else
    for (const { server: own, subscribed } of (server as ReturnType<typeof startSdkV1Http>).sessions.values()) {
      if (subscribed.has("test://one")) void own.server.sendResourceUpdated({ uri: "test://one" });
    }
}

test("in auto mode it finds the modern era at once, and no session is opened", async () => {
  const server = startSdkV2Http();
  const one = ({ handle }: ServerToRun, events: UpstreamEvents) =>
    httpUpstream({ handle, url: server.url, allowLoopback: true, events, onLost: () => {}, limits: HTTP_LIMITS });
  const gateway = await openGateway({ servers: { one } });
  const { client } = sdkClient({ versionNegotiation: { mode: "auto" } });
  const requestInit = { headers: { authorization: `Bearer ${gateway.token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.listen()}/projects/demo/mcp`), { requestInit }));
  expect((await client.listTools()).tools.length).toBeGreaterThan(0);
  expect([...gateway.gateway.pipeline.sessions.held()]).toEqual([]);
  await client.close();
  await gateway[Symbol.asyncDispose]();
  server[Symbol.dispose]();
});
