/** A client and a server of the official SDK 1.32, the bridge between them: what they say to each other arrives, in both directions. */
import { expect, test } from "bun:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type JSONRPCMessage,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  SubscribeRequestSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { type BridgedClient, createBridges, until } from "./bridge.fixture.ts";

const { bridge, later } = createBridges();

/** Keeps what it sent by stream, so that any stream can be gone on with. */
class Events {
  readonly #sent: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = `${stream}/${this.#sent.length}`;
    this.#sent.push({ id, stream, message });
    return id;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const from = this.#sent.findIndex(({ id }) => id === lastEventId);
    const stream = this.#sent[from]?.stream ?? "";
    for (const event of this.#sent.slice(from + 1)) if (event.stream === stream) await send(event.id, event.message);
    return stream;
  }
}

async function startServer() {
  const server = new McpServer(
    { name: "sdk", version: "1.32" },
    { capabilities: { logging: {}, resources: { subscribe: true }, tools: { listChanged: true } } },
  );
  const text = (value: unknown) => ({ content: [{ type: "text" as const, text: JSON.stringify(value) }] });
  const seen = { cancelled: 0, subscribed: [] as string[], resumed: [] as string[] };
  server.registerTool("asks", {}, async () => {
    const elicited = await server.server.elicitInput({ message: "who?", requestedSchema: { type: "object", properties: {} } });
    const sampled = await server.server.createMessage({ messages: [], maxTokens: 1 });
    const { roots } = await server.server.listRoots();
    return text([elicited.action, sampled.model, roots.length]);
  });
  server.registerTool("tells", {}, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    if (progressToken !== undefined) {
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress: 1, total: 1 } });
    }
    await extra.sendNotification({ method: "notifications/message", params: { level: "info", data: "working" } });
    return text("told");
  });
  server.registerTool("hangs", {}, async (extra) => {
    await new Promise<void>((resolve) => extra.signal.addEventListener("abort", () => resolve()));
    seen.cancelled += 1;
    return text("late");
  });
  server.registerTool("returns", { inputSchema: { n: z.number() } }, async ({ n }, extra) => {
    await extra.sendNotification({ method: "notifications/message", params: { level: "info", data: "before" } });
    extra.closeSSEStream?.();
    return text(n);
  });
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params }) => {
    seen.subscribed.push(params.uri);
    return {};
  });
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    eventStore: new Events(),
    retryInterval: 10,
  });
  await server.connect(transport);
  const http = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const resumed = request.headers.get("last-event-id");
      if (resumed !== null) seen.resumed.push(resumed);
      return transport.handleRequest(request);
    },
  });
  later(() => http.stop(true));
  return { server, seen, url: `${http.url.href}mcp` };
}

/** The client's side of the bridge as a transport of the SDK. */
function transportOver(client: BridgedClient): Transport {
  let open = true;
  const transport: Transport = {
    async start() {
      void (async () => {
        for (let at = 0; ; at += 1) {
          await until(() => client.heard.length > at || !open);
          const line = client.heard[at];
          if (line === undefined) return;
          transport.onmessage?.(JSON.parse(line));
        }
      })();
    },
    send: async (message) => client.say(message),
    async close() {
      open = false;
      client.hangUp();
      await client.ended;
      transport.onclose?.();
    },
  };
  return transport;
}

async function setup() {
  const { server, seen, url } = await startServer();
  const client = new Client({ name: "sdk", version: "1.32" }, { capabilities: { elicitation: {}, sampling: {}, roots: {} } });
  const errors: string[] = [];
  client.onerror = (error) => errors.push(String(error));
  await client.connect(transportOver(bridge(url)));
  return { client, server, seen, errors };
}

const textOf = (result: unknown) => JSON.parse((result as { content: { text: string }[] }).content[0]?.text ?? "null");

test("a server asks the client in the middle of a call, and gets its answers", async () => {
  const { client, errors } = await setup();
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept" as const, content: {} }));
  client.setRequestHandler(CreateMessageRequestSchema, async () => ({
    model: "m",
    role: "assistant" as const,
    content: { type: "text" as const, text: "" },
  }));
  client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: "file:///a" }] }));
  expect(textOf(await client.callTool({ name: "asks" }))).toEqual(["accept", "m", 1]);
  await client.close();
  expect(errors).toEqual([]);
});

test("progress and log messages come before the answer; updates and list changes come on the server's own stream", async () => {
  const { client, server, seen, errors } = await setup();
  const told: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params.data));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
  client.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => void told.push(method));
  await client.callTool({ name: "tells" }, undefined, { onprogress: ({ progress }) => void told.push(progress) });
  expect(told).toEqual([1, "working"]);
  await client.subscribeResource({ uri: "test://a" });
  expect(seen.subscribed).toEqual(["test://a"]);
  await server.server.sendResourceUpdated({ uri: "test://a" });
  server.sendToolListChanged();
  await until(() => told.length === 4);
  expect(told.slice(2)).toEqual(["test://a", "notifications/tools/list_changed"]);
  await client.close();
  expect(errors).toEqual([]);
});

test("a cancellation reaches the server, which answers no more, and the bridge does not wait for it at the end", async () => {
  const { client, seen, errors } = await setup();
  const way = new AbortController();
  const calling = client.callTool({ name: "hangs" }, undefined, { signal: way.signal }).catch(() => "given up");
  await client.ping();
  way.abort();
  expect(await calling).toBe("given up");
  await until(() => seen.cancelled === 1);
  await client.close();
  expect(errors).toEqual([]);
});

test("a server that closes the stream of a call is come back to for the answer, with what was said before told once", async () => {
  const { client, seen, errors } = await setup();
  const told: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params.data));
  expect(textOf(await client.callTool({ name: "returns", arguments: { n: 7 } }))).toBe(7);
  expect(told).toEqual(["before"]);
  expect(seen.resumed).toHaveLength(1);
  await client.close();
  expect(errors).toEqual([]);
});
