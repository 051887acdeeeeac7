/** A modern client on lines, through the bridge: to a server of the official SDK, and to ones that misbehave. */
import { describe, expect, test } from "bun:test";
import { type Answer, errorReply, jsonReply, streamReply } from "../client/scripted-mcp-server.fixture.ts";
import { encodeSseMessage } from "../sse.ts";
import { type BridgedClient, createBridges, until } from "./bridge.fixture.ts";
import { type ModernServer, startModernServer } from "./modern-server.fixture.ts";

const { serve, bridge, later } = createBridges();

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
};

function modern(id: string | number, method: string, params: object = {}, meta: object = {}): object {
  return { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...META, ...meta } } };
}

const cancel = (requestId: string | number) => ({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });

function setup(): { server: ModernServer; client: BridgedClient } {
  const server = startModernServer();
  later(() => server[Symbol.asyncDispose]());
  return { server, client: bridge(`${server.base}/mcp`) };
}

async function ask(client: BridgedClient, id: number, method: string, params: object = {}) {
  client.say(modern(id, method, params));
  return client.answerTo(id);
}

const headersOf = (server: ModernServer, method: string, names: readonly string[]) =>
  server.of(method).map(({ headers }) => names.map((name) => headers.get(name)));

describe("headers", () => {
  test("repeat what the body says, so that a strict server takes it", async () => {
    const { server, client } = setup();
    const discovered = await ask(client, 1, "server/discover");
    expect(discovered.result.supportedVersions).toEqual(["2026-07-28"]);
    expect((await ask(client, 2, "prompts/get", { name: "größe" })).result.messages).toHaveLength(1);
    expect((await ask(client, 3, "tools/call", { name: "counts", arguments: {} })).result.content[0].text).toBe("counted");
    const names = ["authorization", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];
    expect(headersOf(server, "server/discover", names)).toEqual([["Bearer the-token", "2026-07-28", "server/discover", null, null]]);
    expect(headersOf(server, "prompts/get", names)).toEqual([
      ["Bearer the-token", "2026-07-28", "prompts/get", "=?base64?Z3LDtsOfZQ==?=", null],
    ]);
  });

  test("carry the arguments that a listed tool wants there", async () => {
    const { server, client } = setup();
    await ask(client, 1, "tools/list");
    const { result } = await ask(client, 2, "tools/call", { name: "where", arguments: { region: "nord/süd" } });
    expect(JSON.parse(result.content[0].text)).toEqual({ region: "nord/süd" });
    expect(headersOf(server, "tools/call", ["mcp-param-region"])).toEqual([["=?base64?bm9yZC9zw7xk?="]]);
    await ask(client, 3, "tools/call", { name: "where", arguments: {} });
    expect(headersOf(server, "tools/call", ["mcp-param-region"])[1]).toEqual([null]);
  });

  test("of a tool that was never listed are learned from the server's refusal, and the call is sent once more", async () => {
    const { server, client } = setup();
    const calls = [1, 2].map((id) => modern(id, "tools/call", { name: "where", arguments: { region: "eu" } }, { progressToken: id }));
    client.say(...calls);
    for (const id of [1, 2]) expect((await client.answerTo(id)).result.content[0].text).toBe('{"region":"eu"}');
    expect(server.of("tools/call").map(({ headers }) => headers.get("mcp-param-region"))).toEqual([null, null, "eu", "eu"]);
    expect(server.of("tools/list")).toHaveLength(1);
    expect(server.of("tools/list")[0]?.message.params._meta).toEqual(META);
    // The client has asked for no list.
    expect(client.messages.map(({ id }) => id)).toEqual([1, 2]);
  });

  test("that stay in the wrong are the client's to know", async () => {
    const mismatch: Answer = (sent) =>
      new Response(errorReply(sent, -32020, "no").body, { status: 400, headers: { "content-type": "application/json" } });
    const server = serve({ answers: { "tools/call": mismatch, "tools/list": (sent) => jsonReply(sent, { tools: [{ name: "a" }] }) } });
    const client = bridge(server.url);
    expect((await ask(client, 1, "tools/call", { name: "a" })).error).toEqual({ code: -32020, message: "no" });
    expect(server.of("tools/call")).toHaveLength(1);
  });
});

describe("lists of tools", () => {
  test("lack a tool that cannot be called over HTTP, and keep their bytes but for it", async () => {
    const bad = '{"name":"b","inputSchema":{"x-mcp-header":"A"}}';
    const text = (tools: string) => `{ "result":{"x":1.0,"tools":${tools},"more":"\\u00e4"},"jsonrpc":"2.0","id":1 }`;
    const list: Answer = () =>
      new Response(text(`[ {"name":"a", "n":1.0} , ${bad},{"name":"c"}]`), { headers: { "content-type": "application/json" } });
    const client = bridge(serve({ answers: { "tools/list": list } }).url);
    await ask(client, 1, "tools/list");
    expect(client.heard).toEqual([text('[{"name":"a", "n":1.0},{"name":"c"}]')]);
    expect(client.log).toEqual([expect.stringContaining("the tool b is left out of the list: x-mcp-header at the schema itself")]);
  });

  test("are read page by page to learn of a tool, but not for ever", async () => {
    const list: Answer = (sent) => jsonReply(sent, { tools: [], nextCursor: "again" });
    const mismatch: Answer = (sent) =>
      new Response(errorReply(sent, -32020, "no").body, { status: 400, headers: { "content-type": "application/json" } });
    const server = serve({ answers: { "tools/call": mismatch, "tools/list": list } });
    const client = bridge(server.url);
    expect((await ask(client, 1, "tools/call", { name: "a" })).error.code).toBe(-32020);
    expect(server.of("tools/list").length).toBeLessThanOrEqual(50);
  });
});

describe("a call", () => {
  test("brings its progress before its answer", async () => {
    const { client } = setup();
    client.say(modern(1, "tools/call", { name: "counts", arguments: {} }, { progressToken: "p" }));
    await client.answerTo(1);
    expect(client.messages.map(({ method, id }) => method ?? id)).toEqual(["notifications/progress", 1]);
  });

  test("that wants to know more says so, and the retry answers it", async () => {
    const { client } = setup();
    const { result } = await ask(client, 1, "tools/call", { name: "asks", arguments: {} });
    expect(result).toMatchObject({ resultType: "input_required", inputRequests: { name: { method: "elicitation/create" } } });
    const inputResponses = { name: { action: "accept", content: { name: "Ann" } } };
    const retried = await ask(client, 2, "tools/call", { name: "asks", arguments: {}, inputResponses, requestState: result.requestState });
    expect(JSON.parse(retried.result.content[0].text)).toMatchObject({ content: { name: "Ann" } });
  });

  test("is cancelled by the end of its stream, which is no message, and is never answered", async () => {
    const { server, client } = setup();
    client.say(modern(1, "tools/call", { name: "hangs", arguments: {} }));
    await until(() => server.open === 1);
    client.say(cancel(1));
    await until(() => server.abandoned === 1);
    await ask(client, 2, "tools/list");
    expect(client.messages.map(({ id }) => id)).toEqual([2]);
    expect(server.of("notifications/cancelled")).toEqual([]);
  });

  test("of an unknown method is answered as the server does, whatever its HTTP status", async () => {
    const { client } = setup();
    expect((await ask(client, 1, "no/such")).error.code).toBe(-32601);
    expect((await ask(client, 2, "tools/call", { name: "unknown", arguments: {} })).error.code).toBe(-32602);
    const bare = {
      jsonrpc: "2.0",
      id: 3,
      method: "tools/list",
      params: { _meta: { "io.modelcontextprotocol/protocolVersion": "2199-01-01" } },
    };
    client.say(bare);
    expect((await client.answerTo(3)).error.code).toBeLessThan(0);
  });

  test("whose stream breaks is an error: it is not resumed, and not sent again", async () => {
    const broken: Answer = () => streamReply([`id: e1\n${encodeSseMessage('{"jsonrpc":"2.0","method":"notifications/x"}')}`]);
    const server = serve({ answers: { "tools/call": broken } });
    const client = bridge(server.url);
    expect((await ask(client, 1, "tools/call", { name: "a" })).error).toMatchObject({ code: -31005, data: { reason: "MCP_ANSWER_LOST" } });
    expect(server.sent.map(({ httpMethod }) => httpMethod)).toEqual(["POST"]);
  });
});

describe("a subscription", () => {
  const LISTEN = modern("sub-1", "subscriptions/listen", { notifications: { toolsListChanged: true } });
  const methods = (client: BridgedClient) => client.messages.map(({ method, id }) => method ?? `answer ${id}`);

  test("brings changes until the client ends it, by the end of its stream", async () => {
    const { server, client } = setup();
    client.say(LISTEN);
    await until(() => client.heard.length === 1);
    server.toolsChanged();
    await until(() => client.heard.length === 2);
    expect(methods(client)).toEqual(["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"]);
    expect(client.messages[1].params._meta["io.modelcontextprotocol/subscriptionId"]).toBe("sub-1");
    client.say(cancel("sub-1"));
    await ask(client, 2, "tools/list");
    server.toolsChanged();
    await ask(client, 3, "tools/list");
    expect(methods(client).slice(2)).toEqual(["answer 2", "answer 3"]);
  });

  test("that the server ends is answered, and said to be over as on a pipe", async () => {
    const { server, client } = setup();
    client.say(LISTEN);
    await until(() => client.heard.length === 1);
    await server.end();
    await until(() => client.heard.length === 3);
    expect(methods(client).slice(1)).toEqual(["answer sub-1", "notifications/cancelled"]);
    expect(client.messages[1].result).toMatchObject({ resultType: "complete" });
    expect(client.messages[2].params.requestId).toBe("sub-1");
  });

  test("that breaks is an error, and said to be over", async () => {
    const acknowledged = '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}';
    const client = bridge(serve({ answers: { "subscriptions/listen": () => streamReply([encodeSseMessage(acknowledged)]) } }).url);
    client.say(LISTEN);
    await until(() => client.heard.length === 3);
    expect(client.messages[1].error.data.reason).toBe("MCP_ANSWER_LOST");
    expect(client.messages[2]).toMatchObject({ method: "notifications/cancelled", params: { requestId: "sub-1" } });
  });

  test("that was refused was none", async () => {
    const refuse: Answer = (sent) => errorReply(sent, -32603, "Subscription limit reached");
    const client = bridge(serve({ answers: { "subscriptions/listen": refuse } }).url);
    client.say(LISTEN);
    await client.answerTo("sub-1");
    await ask(client, 2, "tools/list");
    expect(methods(client)).toEqual(["answer sub-1", "answer 2"]);
  });

  test("is not waited for when the client hangs up", async () => {
    const { client } = setup();
    client.say(LISTEN);
    await until(() => client.heard.length === 1);
    client.hangUp();
    expect(await client.ended).toBeUndefined();
  });
});

test("a server of the other era is told as it says it, and the client may fall back", async () => {
  const refused: Answer = (sent) =>
    new Response(errorReply(sent, -32000, "Unsupported protocol version").body, {
      status: 400,
      headers: { "content-type": "application/json" },
    });
  const server = serve({ answers: { "server/discover": refused, "GET /mcp": () => new Response(null, { status: 405 }) } });
  const client = bridge(server.url);
  expect((await ask(client, 1, "server/discover")).error.code).toBe(-32000);
  await client.initialize();
  client.say({ jsonrpc: "2.0", id: 2, method: "tools/list" });
  expect((await client.answerTo(2)).result.tools).toHaveLength(2);
});

test("a notification of the modern era is posted with its headers", async () => {
  const server = serve({ answers: { "notifications/x": () => new Response(null, { status: 202 }) } });
  const client = bridge(server.url);
  client.say({ jsonrpc: "2.0", method: "notifications/x", params: { _meta: META } });
  await ask(client, 1, "tools/list");
  expect(server.of("notifications/x")[0]?.headers.get("mcp-method")).toBe("notifications/x");
});
