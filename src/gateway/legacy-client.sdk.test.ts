/** A client and a server that the SDK of the legacy revisions made, with the gateway between them, over sockets. */
import { afterEach, describe, expect, test } from "bun:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { openGateway } from "./gateway.fixture.ts";
import type { GatewaySettings } from "./gateway.ts";
import type { ServerToRun } from "./serving/server-to-run.ts";
import { HTTP_LIMITS, httpUpstream } from "./upstream/http/http-upstream.ts";
import { startSdkV1Http } from "./upstream/http/sdk-v1-http.fixture.ts";
import type { UpstreamEvents } from "./upstream/upstream.ts";
import { waitUntil } from "./wait-until.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Everything that a client may offer, and what it was asked and told. */
function sdkClient() {
  const heard: string[] = [];
  const client = new Client(
    { name: "editor", version: "7" },
    { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    heard.push(`elicit ${params.message}`);
    return { action: "accept", content: { name: "ada" } };
  });
  client.setRequestHandler(CreateMessageRequestSchema, () => ({ role: "assistant", model: "m", content: { type: "text", text: "hello" } }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///x" }] }));
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(`log ${params.level} ${params.data}`));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.push(`updated ${params.uri}`));
  return { client, heard };
}

async function setup({
  path = "/projects/demo/mcp",
  retryMs,
  ...settings
}: Partial<GatewaySettings> & { path?: string; retryMs?: number } = {}) {
  const sdk = startSdkV1Http(retryMs === undefined ? {} : { retryMs });
  const one = ({ handle }: ServerToRun, events: UpstreamEvents) =>
    httpUpstream({ handle, url: sdk.url, allowLoopback: true, events, onLost: () => {}, limits: HTTP_LIMITS });
  const gateway = await openGateway({ servers: { one }, settings });
  const { client, heard } = sdkClient();
  const url = new URL(gateway.listen() + path);
  const options = { requestInit: { headers: { authorization: `Bearer ${gateway.token}` } } };
  const transport = path.endsWith("/sse") ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
  await client.connect(transport as Transport);
  stops.push(
    () => sdk[Symbol.dispose](),
    () => gateway[Symbol.asyncDispose](),
    () => client.close(),
  );
  return { sdk, gateway, client, heard, transport };
}

async function said(client: Client, name: string, args: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: args });
  return JSON.parse((result.content as { text: string }[])[0]?.text ?? "");
}

describe("in the midst of a call", () => {
  test.each([
    ["elicit", { action: "accept", content: { name: "ada" } }],
    ["sample", { role: "assistant", model: "m", content: { type: "text", text: "hello" } }],
    ["roots", { roots: [{ uri: "file:///x" }] }],
  ])("the server asks the client: %s", async (tool, answer) => {
    const { client } = await setup();
    expect(await said(client, `one__${tool}`)).toEqual(answer);
  });

  test("a question that the server takes back is taken back from the client", async () => {
    const { client } = await setup();
    const over: boolean[] = [];
    client.setRequestHandler(ElicitRequestSchema, async (_, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      over.push(signal.aborted);
      return { action: "cancel" };
    });
    expect(await said(client, "one__give-up")).toBe("given up");
    await waitUntil(() => over.length === 1);
  });

  test("the server ends its stream, and the client fetches the answer by its Last-Event-ID", async () => {
    const { client, transport } = await setup({ retryMs: 1 });
    const tokens: string[] = [];
    const result = await client.callTool({ name: "one__poll", arguments: { ms: 30 } }, undefined, {
      onresumptiontoken: (token) => tokens.push(token),
    });
    expect(result.content).toEqual([{ type: "text", text: '"polled"' }]);
    expect(new Set(tokens.map((token) => token.replace(/\.\d+$/, "")))).toHaveLength(1);
    expect((transport as StreamableHTTPClientTransport).sessionId).toBeDefined();
  });
});

describe("outside of calls", () => {
  test("the server asks, logs and tells of its resources on the stream that the client has open", async () => {
    const { client, heard, sdk } = await setup({ path: "/api/v1/mcp/one" });
    expect(client.getServerCapabilities()).toMatchObject({ logging: {}, resources: { subscribe: true } });
    await client.setLoggingLevel("debug");
    await client.subscribeResource({ uri: "test://one" });
    expect(await said(client, "log", { words: ["a"] })).toBe("logged");
    await waitUntil(() => heard.length === 2);
    expect(heard).toEqual(["log debug a", "log warning a"]);
    void sdk;
  });

  test("a project's clients hear of what they have subscribed to", async () => {
    const { client, heard, sdk } = await setup();
    await client.subscribeResource({ uri: "test://one" });
    for (const { server, subscribed } of sdk.sessions.values()) {
      if (subscribed.has("test://one")) await server.server.sendResourceUpdated({ uri: "test://one" });
    }
    await waitUntil(() => heard.length === 1);
    expect(heard).toEqual(["updated test://one"]);
  });
});

test("what the client says of itself and offers is what the server hears", async () => {
  const { client } = await setup();
  expect(await said(client, "one__client")).toEqual({
    is: { name: "editor", version: "7" },
    offers: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } },
  });
});

test("a call that the client gives up is given up at the server", async () => {
  const { client, gateway } = await setup();
  const giving = new AbortController();
  const call = client.callTool({ name: "one__wait" }, undefined, { signal: giving.signal });
  await waitUntil(() => [...gateway.gateway.pipeline.sessions.held()].some(({ idle }) => !idle));
  giving.abort("enough");
  await expect(call).rejects.toThrow();
});

describe("over the HTTP+SSE transport of 2024-11-05", () => {
  test.each([
    ["elicit", { action: "accept", content: { name: "ada" } }],
    ["sample", { role: "assistant", model: "m", content: { type: "text", text: "hello" } }],
    ["roots", { roots: [{ uri: "file:///x" }] }],
  ])("the server asks the client in the midst of a call: %s", async (tool, answer) => {
    const { client } = await setup({ path: "/projects/demo/sse" });
    expect(await said(client, `one__${tool}`)).toEqual(answer);
  });

  test("the client calls, is told and hears of what it has subscribed to, all on its one stream", async () => {
    const { client, heard, sdk } = await setup({ path: "/sse" });
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("one__log");
    await client.setLoggingLevel("debug");
    await client.subscribeResource({ uri: "test://one" });
    expect(await said(client, "one__log", { words: ["a"] })).toBe("logged");
    for (const { server, subscribed } of sdk.sessions.values()) {
      if (subscribed.has("test://one")) await server.server.sendResourceUpdated({ uri: "test://one" });
    }
    await waitUntil(() => heard.length === 3);
    expect(heard).toEqual(["log debug a", "log warning a", "updated test://one"]);
  });

  test("a client that goes away takes its session and its calls with it", async () => {
    const { client, gateway } = await setup({ path: "/projects/demo/sse" });
    const held = () => [...gateway.gateway.pipeline.sessions.held()].length;
    const call = client.callTool({ name: "one__wait" }).catch((error: unknown) => error);
    await waitUntil(() => gateway.gateway.vitals().servers[0]?.callsInFlight === 1);
    await client.close();
    expect(await call).toBeInstanceOf(Error);
    await waitUntil(() => held() === 0 && gateway.gateway.vitals().servers[0]?.callsInFlight === 0);
  });
});
