/** The client against servers made with the official SDK, which is what it meets outside. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import * as z from "zod";
import { McpHttpSession } from "./mcp-http-session.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

/** A session of its own for each client, as the SDK's examples do it. */
function startSdkServer(enableJsonResponse: boolean) {
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const open = async () => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      enableJsonResponse,
      onsessioninitialized: (id) => {
        transports.set(id, transport);
      },
      onsessionclosed: (id) => {
        transports.delete(id);
      },
    });
    await sdkServer().connect(transport);
    return transport;
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => (transports.get(request.headers.get("mcp-session-id") ?? "") ?? (await open())).handleRequest(request),
  });
  return { url: `http://127.0.0.1:${server.port}/mcp`, transports, stop: () => server.stop(true) };
}

function sdkServer(): McpServer {
  const server = new McpServer({ name: "sdk", version: "1.32" }, { capabilities: { logging: {} } });
  server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    content: [{ type: "text", text: String(a + b) }],
  }));
  server.registerTool("break", {}, () => {
    throw new Error("it broke");
  });
  server.registerTool("chatty", {}, async (extra) => {
    await extra.sendNotification({ method: "notifications/message", params: { level: "info", data: "working" } });
    return { content: [{ type: "text", text: "done" }] };
  });
  return server;
}

describe.each([
  ["JSON bodies", true],
  ["event streams", false],
])("an SDK 1.32 server that answers with %s", (_, enableJsonResponse) => {
  let sdk: ReturnType<typeof startSdkServer>;
  beforeAll(() => {
    sdk = startSdkServer(enableJsonResponse);
  });
  afterAll(() => sdk.stop());

  test("a whole session: initialize, list, call, close", async () => {
    const session = new McpHttpSession(sdk.url);
    expect(await session.initialize()).toMatchObject({ protocolVersion: "2025-11-25", serverInfo: { name: "sdk" } });
    expect(sdk.transports.has(session.sessionId ?? "")).toBe(true);
    expect((await session.listTools()).map((tool) => tool.name)).toEqual(["add", "break", "chatty"]);
    expect((await session.callTool("add", { a: 2, b: 3 })).content).toEqual([{ type: "text", text: "5" }]);
    expect((await session.callTool("chatty")).content).toEqual([{ type: "text", text: "done" }]);
    expect(await session.callTool("break")).toMatchObject({ isError: true });
    await session.close();
    expect(sdk.transports.has(session.sessionId ?? "")).toBe(false);
  });

  test("calls side by side each get their own answer", async () => {
    const session = new McpHttpSession(sdk.url);
    await session.initialize();
    const results = await Promise.all(Array.from({ length: 20 }, (_unused, a) => session.callTool("add", { a, b: 100 })));
    expect(results.map((result) => result.content)).toEqual(
      Array.from({ length: 20 }, (_unused, a) => [{ type: "text", text: String(a + 100) }]),
    );
    await session.close();
  });

  test("what the server refuses is its own error", async () => {
    const session = new McpHttpSession(sdk.url);
    await session.initialize();
    const failure = await session.send("no/such").catch((error) => error);
    expect(failure).toBeInstanceOf(McpProtocolError);
    expect(failure).toMatchObject({ rpcCode: -32601, reason: "MCP_METHOD_NOT_FOUND" });
    await session.close();
    await expect(new McpHttpSession(sdk.url).listTools()).rejects.toMatchObject({ name: "McpProtocolError", rpcCode: -32000, status: 400 });
  });
});
