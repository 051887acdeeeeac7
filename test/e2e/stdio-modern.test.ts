/** `mcplocal stdio` as a modern client of the official SDK starts it, against a server of the modern era alone. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { type ModernServer, startModernServer } from "../../src/mcp/bridge/modern-server.fixture.ts";
import { isAlive } from "./support/process-table.ts";
import { programPath } from "./support/program-path.ts";
import { StdioProcess } from "./support/stdio-process.ts";
import { waitUntil } from "./support/wait-until.ts";

let server: ModernServer;
beforeAll(() => {
  server = startModernServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function connect(options: ClientOptions = { versionNegotiation: { mode: "auto" } }) {
  const args = ["stdio", "--project", "demo", "--url", server.base];
  const env = { MCPCTL_TOKEN: "the-token", PATH: process.env.PATH ?? "" };
  const transport = new StdioClientTransport({ command: programPath("mcplocal"), args, env, stderr: "pipe" });
  const client = new Client({ name: "modern", version: "1" }, options);
  const errors: string[] = [];
  client.onerror = (error) => errors.push(String(error));
  clients.push(client);
  await client.connect(transport);
  return { client, transport, errors };
}

test("a client in auto mode speaks the modern era from end to end", async () => {
  const { client, transport, errors } = await connect();
  expect(client.getNegotiatedProtocolVersion()).toBe("2026-07-28");
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("where");
  const where = await client.callTool({ name: "where", arguments: { region: "süd" } });
  expect(where.content).toEqual([{ type: "text", text: '{"region":"süd"}' }]);
  expect((await client.getPrompt({ name: "größe" })).messages).toHaveLength(1);
  expect(server.of("tools/call").at(-1)?.headers.get("mcp-param-region")).toBe("=?base64?c8O8ZA==?=");
  expect(server.requests.every(({ headers }) => headers.get("mcp-session-id") === null)).toBe(true);
  const { pid } = transport;
  await client.close();
  expect(errors).toEqual([]);
  await waitUntil("its process has ended", () => pid === null || !isAlive(pid));
});

test("a server's question in the middle of a call is answered by a retry", async () => {
  const { client } = await connect({ versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", async () => ({ action: "accept" as const, content: { name: "Ann" } }));
  const { content } = await client.callTool({ name: "asks", arguments: {} });
  expect(JSON.stringify(content)).toContain("Ann");
});

test("a call that the client gives up is given up at the server, by the end of its stream", async () => {
  const { client } = await connect();
  const before = server.abandoned;
  const way = new AbortController();
  const calling = client.callTool({ name: "hangs", arguments: {} }, { signal: way.signal }).catch(() => "given up");
  await waitUntil("the call runs", () => server.open === 1);
  way.abort();
  expect(await calling).toBe("given up");
  await waitUntil("the server has heard of it", () => server.abandoned === before + 1);
  expect(server.of("notifications/cancelled")).toEqual([]);
});

test("a subscription brings changes, and its end at the server is told to the client", async () => {
  const own = startModernServer();
  await using bridge = new StdioProcess(["--project", "demo", "--url", own.base], { MCPCTL_TOKEN: "the-token" });
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
  const params = { notifications: { toolsListChanged: true }, _meta };
  bridge.say({ jsonrpc: "2.0", id: "sub", method: "subscriptions/listen", params });
  await bridge.heard("notifications/subscriptions/acknowledged");
  own.toolsChanged();
  await bridge.heard("notifications/tools/list_changed");
  await own[Symbol.asyncDispose]();
  expect((await bridge.answerTo("sub")).result.resultType).toBe("complete");
  expect((await bridge.heard("notifications/cancelled")).params.requestId).toBe("sub");
  bridge.hangUp();
  expect(await bridge.ended()).toBe(0);
});

test("the SDK's own subscription is ended gracefully by the server", async () => {
  const own = startModernServer();
  const transport = new StdioClientTransport({
    command: programPath("mcplocal"),
    args: ["stdio", "--project", "demo", "--url", own.base],
    env: { MCPCTL_TOKEN: "the-token", PATH: process.env.PATH ?? "" },
  });
  const client = new Client({ name: "modern", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  clients.push(client);
  await client.connect(transport);
  const subscription = await client.listen({ toolsListChanged: true });
  await own.end();
  expect(await subscription.closed).toBe("graceful");
  await own[Symbol.asyncDispose]();
});
