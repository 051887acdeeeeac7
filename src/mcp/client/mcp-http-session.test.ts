import { expect, test } from "bun:test";
import { encodeSseMessage } from "../sse.ts";
import { McpHttpSession } from "./mcp-http-session.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";
import { McpTransportError } from "./mcp-transport-error.ts";
import { errorReply, jsonReply, resultMessageOf, sseReply, startScriptedMcpServer, streamReply } from "./scripted-mcp-server.fixture.ts";

const never = () => new Promise<Response>(() => undefined);

test("a session says who it is, then sends its id and the negotiated version with every request", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      initialize: (sent) =>
        jsonReply(
          sent,
          { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" } },
          { "mcp-session-id": "abc" },
        ),
    },
  });
  const session = new McpHttpSession(server.url, { bearer: "secret", headers: { "X-Tenant": "t1", Authorization: "Basic x" } });
  const result = await session.initialize();
  await session.listTools();
  await session.close();
  expect(result).toMatchObject({ protocolVersion: "2025-06-18", serverInfo: { name: "s" } });
  expect(server.of("initialize")[0]?.message.params).toMatchObject({
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "mcpctl", version: expect.any(String) },
  });
  const first = server.of("initialize")[0]?.headers;
  expect([first?.get("mcp-session-id"), first?.get("mcp-protocol-version")]).toEqual([null, null]);
  for (const entry of server.sent) {
    expect(entry.headers.get("authorization")).toBe("Bearer secret");
    expect(entry.headers.get("x-tenant")).toBe("t1");
  }
  for (const method of ["notifications/initialized", "tools/list", "DELETE"]) {
    expect(server.of(method)[0]?.headers.get("mcp-session-id")).toBe("abc");
    expect(server.of(method)[0]?.headers.get("mcp-protocol-version")).toBe("2025-06-18");
  }
  expect(server.of("tools/list")[0]?.headers.get("accept")).toBe("application/json, text/event-stream");
});

test.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])("revision %s is accepted", async (protocolVersion) => {
  await using server = startScriptedMcpServer({
    answers: { initialize: (sent) => jsonReply(sent, { protocolVersion, capabilities: {}, serverInfo: { name: "s", version: "1" } }) },
  });
  const session = new McpHttpSession(server.url);
  expect((await session.initialize()).protocolVersion).toBe(protocolVersion);
  expect(session.sessionId).toBeUndefined();
});

test.each([
  [
    "a revision nobody speaks",
    { protocolVersion: "1999-01-01", capabilities: {}, serverInfo: { name: "s", version: "1" } },
    "MCP_VERSION_UNSUPPORTED",
  ],
  ["no revision", { capabilities: {}, serverInfo: { name: "s", version: "1" } }, "MCP_INITIALIZE_INVALID"],
  ["no capabilities", { protocolVersion: "2025-11-25", serverInfo: { name: "s", version: "1" } }, "MCP_INITIALIZE_INVALID"],
  ["no serverInfo", { protocolVersion: "2025-11-25", capabilities: {} }, "MCP_INITIALIZE_INVALID"],
  ["a list as its result", [], "MCP_INITIALIZE_INVALID"],
])("an initialize with %s breaks the protocol", async (_, result, reason) => {
  await using server = startScriptedMcpServer({ answers: { initialize: (sent) => jsonReply(sent, result) } });
  const failure = await new McpHttpSession(server.url).initialize().catch((error) => error);
  expect(failure).toBeInstanceOf(McpProtocolError);
  expect(failure).toMatchObject({ name: "McpProtocolError", reason, rpcCode: -32600 });
});

test("all pages of tools are read, and pages that go in a circle are a fault", async () => {
  const page = (name: string, nextCursor?: string) => ({ tools: [{ name }], ...(nextCursor === undefined ? {} : { nextCursor }) });
  const answers = [page("a", "1"), page("b", "2"), page("c")];
  await using server = startScriptedMcpServer({
    answers: { "tools/list": (sent) => jsonReply(sent, answers.shift() ?? page("d", "same")) },
  });
  const session = new McpHttpSession(server.url);
  expect((await session.listTools()).map((tool) => tool.name)).toEqual(["a", "b", "c"]);
  expect(server.of("tools/list").map((entry) => entry.message.params)).toEqual([{}, { cursor: "1" }, { cursor: "2" }]);
  await expect(session.listTools()).rejects.toMatchObject({ reason: "MCP_PAGES_ENDLESS" });
});

test("a tool that fails is a result, and unknown fields come through", async () => {
  await using server = startScriptedMcpServer({
    answers: { "tools/list": (sent) => jsonReply(sent, { tools: [{ name: "echo", "x-new": { deep: [1] } }] }) },
  });
  const session = new McpHttpSession(server.url);
  expect(await session.listTools()).toEqual([{ name: "echo", "x-new": { deep: [1] } }]);
  expect(await session.callTool("echo", { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }], isError: false });
  expect(await session.callTool("fail")).toMatchObject({ content: [{ text: "it broke" }], isError: true });
});

test("a stream may bring progress, other replies and the server's own requests before the reply", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      "tools/call": (sent) =>
        sseReply(
          "",
          JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progress: 1 } }),
          JSON.stringify({ jsonrpc: "2.0", id: "srv-1", method: "sampling/createMessage", params: {} }),
          JSON.stringify({ jsonrpc: "2.0", id: 77, method: "ping" }),
          resultMessageOf(999, { content: [{ type: "text", text: "not yours" }] }),
          resultMessageOf(String(sent.message.id), { content: [{ type: "text", text: "not yours either" }] }),
          resultMessageOf(sent.message.id, { content: [{ type: "text", text: "yours" }] }),
        ),
    },
  });
  const session = new McpHttpSession(server.url);
  expect((await session.callTool("echo")).content).toEqual([{ type: "text", text: "yours" }]);
  const replies = await eventually(
    () => server.sent.filter((entry) => entry.message.method === undefined).map((entry) => entry.message),
    2,
  );
  expect(replies).toContainEqual({ jsonrpc: "2.0", id: 77, result: {} });
  expect(replies).toContainEqual({
    jsonrpc: "2.0",
    id: "srv-1",
    error: { code: -32601, message: "This client does not offer sampling/createMessage" },
  });
});

test.each([
  ["first", (ids: unknown[]) => ids],
  ["last", (ids: unknown[]) => [...ids].reverse()],
])("replies that share one body each reach the request that asked, the body's own one %s", async (_, order) => {
  const held = Promise.withResolvers<Response>();
  const ids: unknown[] = [];
  await using server = startScriptedMcpServer({
    answers: {
      "tools/call": (sent) => {
        ids.push(sent.message.id);
        if (ids.length === 1) return held.promise;
        held.resolve(sseReply(...order(ids).map((id) => resultMessageOf(id, { content: [{ type: "text", text: `for ${id}` }] }))));
        return never();
      },
    },
  });
  const session = new McpHttpSession(server.url);
  const results = await Promise.all([session.callTool("a"), session.callTool("b")]);
  expect(results.map((result) => result.content)).toEqual([[{ type: "text", text: "for 1" }], [{ type: "text", text: "for 2" }]]);
});

test("a reply may come in a batch, and as JSON with a charset", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      "tools/list": (sent) =>
        new Response(`[{"jsonrpc":"2.0","method":"notifications/x"},${resultMessageOf(sent.message.id, { tools: [] })}]`, {
          headers: { "content-type": "Application/JSON; charset=utf-8" },
        }),
    },
  });
  expect(await new McpHttpSession(server.url).listTools()).toEqual([]);
});

test("a stream cut anywhere, inside a character too, is read the same", async () => {
  const text = "grüße 🚀 ".repeat(20);
  await using server = startScriptedMcpServer({
    answers: {
      "tools/call": (sent) => {
        const bytes = new TextEncoder().encode(
          `: hi\r\n\r\n${encodeSseMessage(resultMessageOf(sent.message.id, { content: [{ type: "text", text }] }))}`,
        );
        return streamReply(Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) => bytes.slice(index * 7, index * 7 + 7)));
      },
    },
  });
  expect((await new McpHttpSession(server.url).callTool("echo")).content).toEqual([{ type: "text", text }]);
});

test("the reply is enough: a stream that the server leaves open is not waited for", async () => {
  await using server = startScriptedMcpServer({
    answers: { "tools/list": (sent) => streamReply([encodeSseMessage(resultMessageOf(sent.message.id, { tools: [] }))], "open") },
  });
  expect(await new McpHttpSession(server.url).listTools()).toEqual([]);
});

test("what comes behind the reply cannot spoil it", async () => {
  await using server = startScriptedMcpServer({
    answers: { "tools/list": (sent) => sseReply(resultMessageOf(sent.message.id, { tools: [] }), "garbage") },
  });
  expect(await new McpHttpSession(server.url).listTools()).toEqual([]);
});

test("a JSON-RPC error is thrown with its own code and data", async () => {
  await using server = startScriptedMcpServer({
    answers: { "tools/call": (sent) => errorReply(sent, -32602, "Unknown tool: nope", { tool: "nope" }) },
  });
  const failure = await new McpHttpSession(server.url).callTool("nope").catch((error) => error);
  expect(failure).toBeInstanceOf(McpProtocolError);
  expect(failure).toMatchObject({
    rpcCode: -32602,
    data: { tool: "nope" },
    code: "invalid",
    message: expect.stringContaining("Unknown tool: nope"),
  });
});

test("an error without an id answers the request whose body it came in", async () => {
  await using server = startScriptedMcpServer({
    answers: { "tools/list": () => Response.json({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } }) },
  });
  await expect(new McpHttpSession(server.url).listTools()).rejects.toMatchObject({ name: "McpProtocolError", rpcCode: -32700 });
});

test("a 4xx that carries a JSON-RPC error is MCP's answer, with its status", async () => {
  const body = { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } };
  await using server = startScriptedMcpServer({ answers: { "tools/list": () => Response.json(body, { status: 404 }) } });
  await expect(new McpHttpSession(server.url).listTools()).rejects.toMatchObject({
    name: "McpProtocolError",
    rpcCode: -32001,
    status: 404,
  });
});

test.each([
  ["JSON that does not parse", () => new Response("{", { headers: { "content-type": "application/json" } }), "MCP_REPLY_NOT_JSON"],
  ["JSON that is no JSON-RPC", () => Response.json({ id: 1, result: {} }), "MCP_REPLY_NOT_JSON_RPC"],
  [
    "a result and an error at once",
    () => Response.json({ jsonrpc: "2.0", id: 1, result: {}, error: { code: 1, message: "x" } }),
    "MCP_REPLY_NOT_JSON_RPC",
  ],
  ["a web page", () => new Response("<h1>hi</h1>", { headers: { "content-type": "text/html" } }), "MCP_REPLY_TYPE"],
  ["202 and nothing", () => new Response(null, { status: 202 }), "MCP_REPLY_TYPE"],
  ["events that are not JSON", () => sseReply("hello"), "MCP_REPLY_NOT_JSON"],
  ["a stream that ends early", () => sseReply(JSON.stringify({ jsonrpc: "2.0", method: "notifications/x" })), "MCP_UNANSWERED"],
  ["only a reply to another request", () => sseReply(resultMessageOf(42, {})), "MCP_UNANSWERED"],
  ["tools that are no list", () => Response.json({ jsonrpc: "2.0", id: 1, result: { tools: {} } }), "MCP_TOOLS_INVALID"],
  ["a tool without a name", () => Response.json({ jsonrpc: "2.0", id: 1, result: { tools: [{ name: "a" }, {}] } }), "MCP_TOOLS_INVALID"],
])("%s breaks the protocol", async (_, answer, reason) => {
  await using server = startScriptedMcpServer({ answers: { "tools/list": answer } });
  const failure = await new McpHttpSession(server.url).listTools().catch((error) => error);
  expect(failure).toBeInstanceOf(McpProtocolError);
  expect(failure.reason).toBe(reason);
});

test.each([
  [
    401,
    "unauthenticated",
    { error: { code: "unauthenticated", message: "Bearer token required" } },
    "HTTP 401: unauthenticated: Bearer token required",
  ],
  [403, "denied", { error: { code: "forbidden", message: "not your project" } }, "HTTP 403: forbidden: not your project"],
  [401, "unauthenticated", { error: "invalid_token", error_description: "expired" }, "HTTP 401: invalid_token: expired"],
  [403, "denied", { jsonrpc: "2.0", id: null, error: { code: -32000, message: "no" } }, "HTTP 403: -32000: no"],
  [404, "not_found", { error: "no such project" }, "HTTP 404: no such project"],
  [500, "unavailable", { jsonrpc: "2.0", id: null, error: { code: -32603, message: "boom" } }, "HTTP 500: -32603: boom"],
  [503, "unavailable", {}, "HTTP 503"],
] as const)("HTTP %d is transport and says what the server said", async (status, code, body, message) => {
  await using server = startScriptedMcpServer({ answers: { initialize: () => Response.json(body, { status }) } });
  const failure = await new McpHttpSession(server.url).initialize().catch((error) => error);
  expect(failure).toBeInstanceOf(McpTransportError);
  expect(failure).toMatchObject({ name: "McpTransportError", status, code, message, bodyExcerpt: JSON.stringify(body) });
});

test("a redirect is not followed, so the bearer goes nowhere else", async () => {
  await using other = startScriptedMcpServer();
  await using server = startScriptedMcpServer({ answers: { initialize: () => Response.redirect(other.url, 307) } });
  const session = new McpHttpSession(server.url, { bearer: "secret" });
  await expect(session.initialize()).rejects.toMatchObject({
    name: "McpTransportError",
    status: 307,
    message: expect.stringContaining(other.url),
  });
  expect(other.sent).toEqual([]);
});

test("an answer over the cap is refused, in one body or in one event", async () => {
  const big = "x".repeat(5_000);
  await using server = startScriptedMcpServer({
    answers: {
      "tools/list": (sent) => jsonReply(sent, { tools: [{ name: big }] }),
      "tools/call": (sent) => sseReply(resultMessageOf(sent.message.id, { content: [{ type: "text", text: big }] })),
    },
  });
  const session = new McpHttpSession(server.url, { maxBodyBytes: 4_096 });
  await expect(session.listTools()).rejects.toMatchObject({ code: "exhausted", reason: "MCP_BODY_TOO_LARGE" });
  await expect(session.callTool("echo")).rejects.toMatchObject({ code: "exhausted", reason: "SSE_EVENT_TOO_LARGE" });
});

test("a server that never answers, or stops in the middle, is given up after timeoutMs", async () => {
  await using server = startScriptedMcpServer({ answers: { "tools/list": never, "tools/call": () => streamReply([": hi\n\n"], "open") } });
  const session = new McpHttpSession(server.url, { timeoutMs: 30 });
  const failure = await session.listTools().catch((error) => error);
  expect(failure).toBeInstanceOf(McpTransportError);
  expect(failure).toMatchObject({ code: "deadline", reason: "MCP_TIMEOUT", message: expect.stringContaining("30 ms") });
  await expect(session.callTool("echo")).rejects.toMatchObject({ code: "deadline" });
});

test("a caller's signal ends its request and no other", async () => {
  await using server = startScriptedMcpServer({ answers: { "x/slow": never } });
  const session = new McpHttpSession(server.url);
  const controller = new AbortController();
  const slow = session.send("x/slow", {}, { signal: controller.signal });
  const list = session.listTools();
  controller.abort();
  await expect(slow).rejects.toMatchObject({ code: "canceled" });
  expect(await list).toHaveLength(2);
});

test("a connection that breaks before or inside the answer is a network failure", async () => {
  const starts = ["", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"];
  for (const start of starts) {
    const breaking = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          socket.end(start);
        },
      },
    });
    const failure = await new McpHttpSession(`http://127.0.0.1:${breaking.port}/mcp`, { timeoutMs: 5_000 })
      .listTools()
      .catch((error) => error);
    breaking.stop(true);
    expect(failure).toBeInstanceOf(McpTransportError);
    expect(failure).toMatchObject({ code: "unavailable", reason: "MCP_NETWORK" });
  }
});

test("a port where nobody listens is a network failure", async () => {
  const gone = startScriptedMcpServer();
  await gone[Symbol.asyncDispose]();
  const failure = await new McpHttpSession(gone.url).initialize().catch((error) => error);
  expect(failure).toBeInstanceOf(McpTransportError);
  expect(failure).toMatchObject({
    code: "unavailable",
    reason: "MCP_NETWORK",
    message: expect.stringContaining("connection refused"),
    status: undefined,
  });
});

test("close ends the session once, survives a server that will not, and stops what is under way", async () => {
  await using server = startScriptedMcpServer({ answers: { DELETE: () => new Response("no", { status: 405 }), "x/slow": never } });
  const session = new McpHttpSession(server.url);
  await session.initialize();
  const slow = session.send("x/slow").catch((error) => error);
  await Promise.all([session.close(), session.close()]);
  expect(await slow).toMatchObject({ code: "canceled" });
  expect(server.of("DELETE")).toHaveLength(1);
  await expect(session.listTools()).rejects.toMatchObject({ code: "precondition", reason: "SESSION_CLOSED" });
});

test("close of a server that is gone, and of a session never opened, is quiet", async () => {
  const server = startScriptedMcpServer();
  const session = new McpHttpSession(server.url);
  await session.initialize();
  await server[Symbol.asyncDispose]();
  await session.close();
  await new McpHttpSession("http://127.0.0.1:9/mcp").close();
});

test("a URL that is not http and a token that no header can carry are refused before any request", () => {
  for (const url of ["ftp://h/mcp", "file:///etc/passwd", "not a url", "http://user:secret@h/mcp"]) {
    expect(() => new McpHttpSession(url)).toThrow(expect.objectContaining({ code: "invalid", reason: "MCP_URL_INVALID" }));
  }
  for (const bearer of ["", "a b", "a\r\nx: y", "schlüssel"]) {
    expect(() => new McpHttpSession("http://h/mcp", { bearer })).toThrow(expect.objectContaining({ reason: "BEARER_INVALID" }));
  }
});

/** Waits, without a clock, until there are `count` values; fails by the test's own deadline. */
async function eventually<T>(read: () => T[], count: number): Promise<T[]> {
  while (read().length < count) await new Promise((resolve) => setImmediate(resolve));
  return read();
}
