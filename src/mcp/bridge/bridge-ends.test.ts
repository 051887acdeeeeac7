/** What the bridge takes and gives at its edges: bad lines, lost connections, its bounds and its end. */
import { describe, expect, test } from "bun:test";
import { type Answer, jsonReply, startScriptedMcpServer, streamReply } from "../client/scripted-mcp-server.fixture.ts";
import { createBridges, INITIALIZE, request, until } from "./bridge.fixture.ts";

const { serve, bridge, later } = createBridges();

const noStream: Answer = () => new Response(null, { status: 405 });
const hang: Answer = () => new Promise(() => {});

describe("a line", () => {
  test.each([
    ["no JSON", "{", { id: null, error: { code: -32700 } }],
    ["a number", "7", { id: null, error: { code: -32600 } }],
    ["another protocol", '{"id":1,"method":"x"}', { id: 1, error: { code: -32600 } }],
    ["an id that is none", '{"jsonrpc":"2.0","id":1.5,"method":"x"}', { id: null, error: { code: -32600 } }],
    ["a deciding key twice", '{"jsonrpc":"2.0","id":"a","method":"x","method":"y"}', { id: "a", error: { code: -32600 } }],
    ["an empty batch", "[]", { id: null, error: { code: -32600 } }],
    ["neither question nor answer", '{"jsonrpc":"2.0","id":3}', { id: null, error: { code: -32600 } }],
  ])("that is %s is answered with an error, and the next one counts", async (_, line, answer) => {
    const server = serve({ answers: { "GET /mcp": noStream } });
    const client = bridge(server.url);
    client.say(line, "", INITIALIZE);
    await client.answerTo("init");
    expect(client.messages[0]).toMatchObject(answer);
    expect(client.heard).toHaveLength(2);
    expect(server.sent).toHaveLength(1);
  });

  test("over the limit is answered with an error, and the next one counts", async () => {
    const client = bridge(serve().url, { limits: { maxMessageBytes: 1000 } });
    client.say(request(1, "x", { text: "x".repeat(1000) }), INITIALIZE);
    await client.answerTo("init");
    expect(client.messages.find(({ id }) => id === null)?.error).toMatchObject({
      code: -32600,
      message: expect.stringContaining("1000 bytes"),
    });
  });

  test("with an id that is in flight is refused, and so is what is too much at once", async () => {
    const server = serve({ answers: { "tools/call": hang, "GET /mcp": noStream } });
    const client = bridge(server.url, { limits: { maxInFlight: 2, maxInFlightUnits: 500 } });
    await client.initialize();
    client.say(request(1, "tools/call"), request(1, "tools/list"));
    expect((await client.answerTo(1)).error).toMatchObject({ code: -32600, data: { reason: "ID_IN_USE" } });
    client.say(request(2, "tools/call", { text: "x".repeat(500) }));
    expect((await client.answerTo(2)).error).toMatchObject({ code: -31029, data: { reason: "BRIDGE_BUSY" } });
    client.say(request(3, "tools/call"), request(4, "tools/call"));
    expect((await client.answerTo(4)).error.data.reason).toBe("BRIDGE_BUSY");
  });
});

describe("a message of the server", () => {
  test("that is no JSON-RPC never reaches the client", async () => {
    const call: Answer = (sent) =>
      streamReply([
        'data: hello\n\ndata: {"jsonrpc":"1.0"}\n\nevent: other\ndata: {}\n\n',
        `data: ${JSON.stringify({ jsonrpc: "2.0", id: sent.message.id, result: {} })}\n\n`,
      ]);
    const client = bridge(serve({ answers: { "tools/call": call, "GET /mcp": noStream } }).url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    await client.answerTo(1);
    expect(client.heard).toHaveLength(2);
    expect(client.log).toHaveLength(2);
  });

  test.each([
    ["JSON", (sent: Parameters<Answer>[0]) => jsonReply(sent, { text: "x".repeat(1000) })],
    ["an event", () => streamReply([`data: ${"x".repeat(1000)}\n\n`])],
  ] as const)("over the limit is an error for its request: %s", async (_, call) => {
    const client = bridge(serve({ answers: { "tools/call": call, "GET /mcp": noStream } }).url, { limits: { maxMessageBytes: 800 } });
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error.code).toBe(-31029);
  });

  test("is read no faster than the client reads: what waits is bounded", async () => {
    const piece = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${"x".repeat(64 * 1024)}"}}\n\n`;
    let pulled = 0;
    const flood: Answer = () => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 1;
          controller.enqueue(new TextEncoder().encode(piece));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const reading = Promise.withResolvers<void>();
    const write = (line: string) => (line.includes("xxx") ? reading.promise : Promise.resolve());
    const client = bridge(serve({ answers: { "tools/call": flood, "GET /mcp": noStream } }).url, { write });
    await client.initialize();
    client.say(request(1, "tools/call"));
    await until(() => client.heard.length === 2);
    // Until the buffers between are full, and nothing moves any more.
    for (let before = -1; before !== pulled; await Bun.sleep(50)) before = pulled;
    expect(pulled).toBeLessThan(1000);
    expect(client.heard).toHaveLength(2);
    client.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    reading.resolve();
  });
});

describe("a lost connection", () => {
  test("answers each request that waits with an error, and the bridge goes on", async () => {
    const server = startScriptedMcpServer({ answers: { "tools/call": hang, "GET /mcp": noStream } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/call"), request(2, "tools/call"));
    await until(() => server.of("tools/call").length === 2);
    await server[Symbol.asyncDispose]();
    for (const id of [1, 2]) expect((await client.answerTo(id)).error).toMatchObject({ code: -31005, data: { reason: "MCP_NETWORK" } });
    client.say(request(3, "tools/list"));
    expect((await client.answerTo(3)).error.data.reason).toBe("MCP_NETWORK");
  });

  test("that says nothing at all is one too, after a while", async () => {
    const client = bridge(serve({ answers: { "tools/call": hang, "GET /mcp": noStream } }).url, { limits: { silenceMs: 50 } });
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error).toMatchObject({ code: -31004, data: { reason: "MCP_TIMEOUT" } });
  });
});

describe("the end", () => {
  test("comes when the client has hung up and its answers are there", async () => {
    const gate = Promise.withResolvers<void>();
    const call: Answer = async (sent) => {
      await gate.promise;
      return jsonReply(sent, { late: true });
    };
    const server = serve({ answers: { "tools/call": call, "GET /mcp": noStream } });
    const client = bridge(server.url);
    client.say(INITIALIZE, request(1, "tools/call"));
    client.hangUp();
    await until(() => server.of("tools/call").length === 1);
    gate.resolve();
    expect(await client.ended).toBeUndefined();
    expect(client.messages.map(({ id }) => id)).toEqual(["init", 1]);
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("does not wait for ever for an answer, which is then an error", async () => {
    const client = bridge(serve({ answers: { "tools/call": hang, "GET /mcp": noStream } }).url, { limits: { drainMs: 20 } });
    client.say(INITIALIZE, request(1, "tools/call"));
    client.hangUp();
    expect(await client.ended).toBeUndefined();
    expect(client.messages.at(-1)).toMatchObject({ id: 1, error: { code: -31099, data: { reason: "BRIDGE_CLOSED" } } });
  });

  test("does not wait for a server that will not end the session", async () => {
    const client = bridge(serve({ answers: { DELETE: hang, "GET /mcp": noStream } }).url, { limits: { closeMs: 20 } });
    await client.initialize();
    client.hangUp();
    expect(await client.ended).toBeUndefined();
  });

  test("comes at once when it is told to stop, and every request is answered", async () => {
    const server = serve({ answers: { "tools/call": hang, "GET /mcp": () => streamReply([], "open") } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    await until(() => server.of("tools/call").length === 1);
    client.stop();
    expect(await client.ended).toBeUndefined();
    expect(client.messages.at(-1)).toMatchObject({ id: 1, error: { data: { reason: "BRIDGE_CLOSED" } } });
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("is not held up by a client that reads nothing and stays", async () => {
    const server = serve({ answers: { "tools/call": hang, "GET /mcp": noStream } });
    const write = (line: string) => (line.includes("BRIDGE_CLOSED") ? new Promise<never>(() => {}) : Promise.resolve());
    const client = bridge(server.url, { write, limits: { closeMs: 20 } });
    await client.initialize();
    client.say(request(1, "tools/call"));
    await until(() => server.of("tools/call").length === 1);
    client.stop();
    expect(await client.ended).toBeUndefined();
  });

  test("comes when the client does not read any more", async () => {
    const server = serve({ answers: { "GET /mcp": noStream } });
    const client = bridge(server.url, {
      write: async () => {
        throw new Error("EPIPE");
      },
    });
    client.say(INITIALIZE);
    expect(await client.ended).toBeUndefined();
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("comes with an error where the credential is refused, also later on, and every request has its answer", async () => {
    let refused = false;
    const answers: Record<string, Answer> = {
      "tools/call": hang,
      "tools/list": (sent) =>
        refused
          ? Response.json({ error: { code: "unauthenticated", message: "Invalid token: revoked" } }, { status: 401 })
          : jsonReply(sent, {}),
      "GET /mcp": noStream,
    };
    const server = serve({ answers });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/list"));
    await client.answerTo(1);
    refused = true;
    client.say(request(2, "tools/call"));
    await until(() => server.of("tools/call").length === 1);
    client.say(request(3, "tools/list"));
    expect(await client.ended).toMatchObject({ code: "unauthenticated", status: 401 });
    expect((await client.answerTo(3)).error).toMatchObject({ code: -31001, message: expect.stringContaining("revoked") });
    expect((await client.answerTo(2)).error.code).toBe(-31001);
  });

  test("comes with an error where a notification or the stream finds the credential refused", async () => {
    const refuse: Answer = () => Response.json({ error: { code: "unauthenticated", message: "no" } }, { status: 401 });
    for (const what of ["notifications/initialized", "GET /mcp"]) {
      const client = bridge(serve({ answers: { "GET /mcp": noStream, [what]: refuse } }).url);
      await client.initialize();
      expect(await client.ended).toMatchObject({ status: 401 });
    }
  });

  test.each([301, 403, 404, 405])("comes with an error where the first request is refused with %d", async (status) => {
    const client = bridge(
      serve({ answers: { initialize: () => new Response(null, { status, headers: { location: "/elsewhere" } }) } }).url,
    );
    client.say(INITIALIZE);
    expect(await client.ended).toMatchObject({ status });
    expect((await client.answerTo("init")).error.data.status).toBe(status);
  });

  test.each([429, 500, 503])("does not come where the first request is refused with %d: that may pass", async (status) => {
    let refusals = 1;
    const initialize: Answer = (sent) => {
      refusals -= 1;
      return refusals >= 0
        ? new Response(null, { status })
        : jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });
    };
    const client = bridge(serve({ answers: { initialize } }).url);
    client.say(INITIALIZE);
    expect((await client.answerTo("init")).error.data.status).toBe(status);
    client.say({ ...INITIALIZE, id: "again" });
    expect((await client.answerTo("again")).result).toBeDefined();
  });

  test("comes with an error where nobody was ever there", async () => {
    const server = startScriptedMcpServer();
    await server[Symbol.asyncDispose]();
    const client = bridge(server.url);
    client.say(INITIALIZE);
    expect(await client.ended).toMatchObject({ code: "unavailable", reason: "MCP_NETWORK" });
    expect((await client.answerTo("init")).error).toMatchObject({ code: -31005, message: expect.stringContaining("connection refused") });
  });

  test("is not held up by an initialize that hangs, nor by what waits behind it", async () => {
    const client = bridge(serve({ answers: { initialize: hang } }).url, { limits: { drainMs: 20 } });
    client.say(INITIALIZE, { jsonrpc: "2.0", method: "notifications/initialized" }, request(1, "tools/list"));
    client.hangUp();
    expect(await client.ended).toBeUndefined();
    for (const id of ["init", 1]) expect((await client.answerTo(id)).error.data.reason).toBe("BRIDGE_CLOSED");
  });

  test("comes when the client's end breaks", async () => {
    const server = serve({ answers: { "GET /mcp": noStream } });
    const client = bridge(server.url);
    await client.initialize();
    client.breakOff();
    expect(await client.ended).toBeUndefined();
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("leaves no connection open", async () => {
    let open = 0;
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(asked) {
        if (asked.method !== "POST") return new Response(null, { status: 204 });
        const { id, method } = JSON.parse(await asked.text());
        if (method === "initialize") return Response.json({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-11-25" } });
        open += 1;
        asked.signal.addEventListener("abort", () => {
          open -= 1;
        });
        return streamReply([], "open");
      },
    });
    later(() => server.stop(true));
    const client = bridge(`${server.url.href}mcp`);
    client.say(INITIALIZE, ...Array.from({ length: 50 }, (_, id) => request(id, "tools/call")));
    await until(() => open === 50);
    client.stop();
    await client.ended;
    await until(() => open === 0);
    expect(client.messages.filter(({ error }) => error !== undefined)).toHaveLength(50);
  });
});
