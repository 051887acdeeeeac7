/** Requests of modern clients, through the gateway. */
import { describe, expect, test } from "bun:test";
import { errorMessage, resultMessage } from "../mcp/json-rpc.ts";
import { initialized, type ModernSendOptions, openGateway, readEvents, type TestGateway } from "./gateway.fixture.ts";
import { type Answering, ScriptedServer, type ServerScript, toolText } from "./scripted-upstream.fixture.ts";
import { upstreamLost } from "./upstream/upstream-errors.ts";
import { waitUntil } from "./wait-until.fixture.ts";

const SERVER_INFO = "io.modelcontextprotocol/serverInfo";
const EITHER = "application/json, text/event-stream";

const tools = (script: ServerScript = {}, ...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) }, ...script });
const calling = (answer: Answering) => tools({ answers: { "tools/call": answer } }, "a");

async function codeOf(response: Response) {
  const body = (await response.json()) as { id: unknown; error?: { code: unknown } };
  return { status: response.status, id: body.id, code: body.error?.code };
}

describe("server/discover", () => {
  test("of a project says what its servers offer together", async () => {
    const one = tools(
      { initialized: { instructions: "First.", capabilities: { tools: {}, resources: { subscribe: true }, logging: {} } } },
      "a",
    );
    await using gateway = await openGateway({ servers: { one } });
    const response = await gateway.modern().send("server/discover");
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect(await response.json()).toEqual({
      jsonrpc: "2.0",
      id: 1,
      result: {
        supportedVersions: ["2026-07-28"],
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
          completions: {},
          logging: {},
        },
        instructions: "# one\nFirst.",
        resultType: "complete",
        ttlMs: 5000,
        cacheScope: "private",
        _meta: { [SERVER_INFO]: { name: "mcpctl", title: "mcpctl project demo", version: expect.any(String) } },
      },
    });
  });

  test("of one server is its own word, less tasks and experiments", async () => {
    const extensions = { "io.modelcontextprotocol/tasks": {}, "com.example/own": { n: 1 } };
    const capabilities = { tools: { listChanged: true }, x: { y: 1 }, tasks: {}, experimental: {}, extensions };
    const serverInfo = { name: "own", version: "7", more: true };
    const one = tools({ initialized: { capabilities, serverInfo, instructions: "Own words." } }, "a");
    await using gateway = await openGateway({ servers: { one } });
    const { result } = await gateway.modern({ path: "/api/v1/mcp/one" }).request("server/discover");
    expect(result).toMatchObject({
      capabilities: { tools: { listChanged: true }, x: { y: 1 }, extensions: { "com.example/own": { n: 1 } } },
      instructions: "Own words.",
      _meta: { [SERVER_INFO]: serverInfo },
    });
    expect(Object.keys(result.capabilities.extensions)).toEqual(["com.example/own"]);
  });

  test("of a server that is away is 503", async () => {
    const one = tools({}, "a");
    await using gateway = await openGateway({ servers: { one } });
    one.die("it exited with code 1");
    expect((await gateway.modern({ path: "/api/v1/mcp/one" }).send("server/discover")).status).toBe(503);
  });
});

describe("lists", () => {
  test("are those of the project, hold for this caller alone and for a while, and come in the same order each time", async () => {
    const servers = { two: tools({}, "b", "a"), one: tools({}, "c") };
    await using gateway = await openGateway({ servers });
    const client = gateway.modern();
    const texts = await Promise.all(
      [client.send("tools/list", {}, { id: 1 }), client.send("tools/list", {}, { id: 1 })].map(async (sent) => (await sent).text()),
    );
    expect(texts[0]).toBe(texts[1] ?? "");
    const { result } = JSON.parse(texts[0] ?? "");
    expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(["two__b", "two__a", "one__c"]);
    expect(result).toMatchObject({
      resultType: "complete",
      ttlMs: 5000,
      cacheScope: "private",
      _meta: { [SERVER_INFO]: { name: "mcpctl" } },
    });
  });

  test.each(["prompts/list", "resources/list", "resources/templates/list"])("%s says the same of itself", async (method) => {
    await using gateway = await openGateway({ servers: { one: tools({}, "a") } });
    expect(await gateway.modern().request(method)).toMatchObject({
      result: { resultType: "complete", ttlMs: 5000, cacheScope: "private" },
    });
  });

  test("are not sent to servers, and hold what these have written byte for byte", async () => {
    const odd = `{ "x-new":{"deep":[1.0,12345678901234567890]},"name" : "a","inputSchema":{"type":"object"} }`;
    const one = new ScriptedServer({ lists: { tools: [odd] } });
    await using gateway = await openGateway({ servers: { one } });
    const text = await (await gateway.modern({ path: "/api/v1/mcp/one" }).send("tools/list")).text();
    expect(text).toStartWith(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${odd}],"resultType":"complete",`);
    expect(one.of("tools/list")).toHaveLength(1);
  });

  test.each(["/api/v1/mcp/one", "/projects/demo/mcp"])(
    "at %s are in the form of their caller, where the server speaks it",
    async (path) => {
      const output = '{ "type" : "array" , "x":1.0 }';
      const tool = (name: string, schema: string) => `{"name":"${name}","inputSchema":{"type":"object"},"outputSchema":${schema},"y":1.0}`;
      const one = new ScriptedServer({ modern: true, lists: { tools: [tool("a", output)] } });
      await using gateway = await openGateway({ servers: { one } });
      const name = path.includes("demo") ? "one__a" : "a";
      const modern = await (await gateway.modern({ path }).send("tools/list")).text();
      expect(modern).toContain(`"tools":[${tool(name, output)}]`);
      const legacy = await (await (await initialized(gateway, { path })).send("tools/list")).text();
      const wrapped = '{"type":"object","properties":{"result":{"type":"array","x":1}},"required":["result"]}';
      expect(legacy).toContain(`"tools":[${tool(name, wrapped)}]`);
      expect(one.of("tools/list").map(({ era }) => era)).toEqual(["modern"]);
    },
  );

  test("of a legacy server pass as they are, to clients of either era", async () => {
    const tool = '{"name":"a","inputSchema":{"type":"object"},"outputSchema":{"type":"array"}}';
    const one = new ScriptedServer({ lists: { tools: [tool] } });
    const path = "/api/v1/mcp/one";
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway, { path });
    for (const sent of [client.send("tools/list"), gateway.modern({ path }).send("tools/list")]) {
      expect(await (await sent).text()).toContain(`"tools":[${tool}]`);
    }
    expect(one.of("tools/list").map(({ era }) => era)).toEqual(["legacy"]);
  });
});

describe("calls", () => {
  test("reach the server as modern ones under its own names, all else as the client wrote it", async () => {
    const one = tools({ modern: true }, "a");
    await using gateway = await openGateway({ servers: { one } });
    await gateway
      .modern()
      .request("tools/call", { name: "one__a", arguments: { n: 1 } }, { meta: { progressToken: "p", traceparent: "00-x" } });
    const [sent] = one.of("tools/call");
    expect(sent).toMatchObject({ era: "modern", method: "tools/call" });
    const written = sent?.paramsText ?? "";
    expect(JSON.parse(written)).toMatchObject({ name: "a", arguments: { n: 1 }, _meta: { progressToken: "p", traceparent: "00-x" } });
    expect(written).toContain('"io.modelcontextprotocol/clientCapabilities":{}');
  });

  test.each([
    ["prompts/get", { name: "one__p" }, { name: "p" }],
    ["resources/read", { uri: "x://1" }, { uri: "x://1" }],
    ["completion/complete", { ref: { type: "ref/prompt", name: "one__p" } }, { ref: { type: "ref/prompt", name: "p" } }],
  ])("%s finds its server", async (method, params, sent) => {
    const one = new ScriptedServer({ lists: { prompts: ['{"name":"p"}'], resources: ['{"uri":"x://1","name":"n"}'] } });
    await using gateway = await openGateway({ servers: { one } });
    expect(await gateway.modern().request(method, params)).toMatchObject({ result: { resultType: "complete", asked: method } });
    expect(JSON.parse(one.of(method)[0]?.paramsText ?? "")).toMatchObject(sent);
  });

  test("are answered with the server's bytes", async () => {
    const result = String.raw`{"resultType":"complete","content":[{"n":1.0,"t":"\u00e9\/"}] , "_meta":{}}`;
    await using gateway = await openGateway({ servers: { one: calling((call) => resultMessage(call.idText, result)) } });
    const response = await gateway.modern().send("tools/call", { name: "one__a" }, { id: "x" });
    expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":"x","result":${result}}`);
  });

  test("of a project's own prompt are complete", async () => {
    const prompts = [{ name: "greet", description: "", template: "Hello", arguments: [] }];
    await using gateway = await openGateway({ servers: { one: tools({}, "a") }, prompts });
    const { result } = await gateway.modern().request("prompts/get", { name: "greet" });
    expect(result).toMatchObject({ resultType: "complete", messages: [{ content: { text: "Hello" } }] });
    expect(result.ttlMs).toBeUndefined();
  });

  test("take the client's own headers of arguments along, and no others", async () => {
    const one = tools({}, "a");
    await using gateway = await openGateway({ servers: { one } });
    const headers = { "Mcp-Param-New": "x", "X-Other": "y", cookie: "z" };
    await gateway.modern().request("tools/call", { name: "one__a" }, { headers });
    expect(one.of("tools/call")[0]?.headers).toEqual({ "mcp-param-new": "x" });
    await gateway.modern().request("tools/call", { name: "one__a" });
    expect(one.of("tools/call")[1]?.headers).toBeUndefined();
  });

  test("do not offer tasks to a server, which nobody could ask for later", async () => {
    const one = tools({}, "a");
    await using gateway = await openGateway({ servers: { one } });
    const extensions = { "io.modelcontextprotocol/tasks": {}, "com.example/own": {} };
    await gateway.modern().request("tools/call", { name: "one__a" }, { capabilities: { extensions } });
    const sent = JSON.parse(one.of("tools/call")[0]?.paramsText ?? "");
    expect(sent._meta["io.modelcontextprotocol/clientCapabilities"]).toEqual({ extensions: { "com.example/own": {} } });
  });

  test("are the calls of their principal at every server that keeps its clients apart", async () => {
    const one = tools({}, "a");
    await using gateway = await openGateway({ servers: { one } });
    const other = gateway.control.issue("demo");
    for (const client of [gateway.modern(), gateway.modern(), gateway.modern({ token: other })])
      await client.request("tools/call", { name: "one__a" });
    const peers = one.of("tools/call").map(({ peer }) => peer);
    expect(peers[0]).toBe(peers[1] as NonNullable<(typeof peers)[0]>);
    expect(peers[2]).not.toBe(peers[0]);
    expect(peers[0]).toMatchObject({ capabilities: {}, listens: false });
  });
});

describe("statuses and codes", () => {
  const gatewayOf = () => openGateway({ servers: { one: tools({}, "a") } });

  test.each([
    ["an unknown method", "tools/nothing", {}, {}, { status: 404, code: -32601 }],
    ["initialize, which is gone", "initialize", { protocolVersion: "2026-07-28" }, {}, { status: 404, code: -32601 }],
    ["ping, which is gone", "ping", {}, {}, { status: 404, code: -32601 }],
    ["logging/setLevel, which is gone", "logging/setLevel", { level: "info" }, {}, { status: 404, code: -32601 }],
    ["resources/subscribe, which is gone", "resources/subscribe", { uri: "x" }, {}, { status: 404, code: -32601 }],
    ["an unknown tool", "tools/call", { name: "one__none" }, {}, { status: 200, code: -32602 }],
    ["an unknown resource", "resources/read", { uri: "x://1" }, {}, { status: 200, code: -32602 }],
    [
      "a header that says otherwise",
      "tools/call",
      { name: "one__a" },
      { headers: { "mcp-name": "two__a" } },
      { status: 400, code: -32020 },
    ],
    ["no capabilities", "tools/list", {}, { meta: { "io.modelcontextprotocol/clientCapabilities": null } }, { status: 400, code: -32602 }],
  ] as [string, string, object, ModernSendOptions, { status: number; code: number }][])(
    "%s",
    async (_, method, params, options, expected) => {
      await using gateway = await gatewayOf();
      expect(await codeOf(await gateway.modern().send(method, params, { id: 7, ...options }))).toEqual({ id: 7, ...expected });
    },
  );

  test("an unknown method comes before the rights on it, and rights before execution", async () => {
    await using gateway = await gatewayOf();
    const token = gateway.control.issue("demo", { scopes: ["mcp:read"] });
    const client = gateway.modern({ token });
    expect((await client.send("tools/nothing")).status).toBe(404);
    const refused = await client.send("tools/call", { name: "one__a" });
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 403,
      body: { error: { code: "scope_denied" } },
    });
  });

  test("a notification is 202, with or without a claim", async () => {
    await using gateway = await gatewayOf();
    const client = gateway.client();
    for (const params of [{}, { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } }]) {
      const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/x", params });
      expect((await client.post(body, { headers: { "mcp-protocol-version": "2026-07-28" } })).status).toBe(202);
    }
  });

  test("a batch is 400, and GET and DELETE are 405", async () => {
    await using gateway = await gatewayOf();
    const client = gateway.client();
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const batch = await client.post(JSON.stringify([{ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta } }]));
    expect(await codeOf(batch)).toMatchObject({ status: 400, code: -32600 });
    const get = await client.get({ "mcp-protocol-version": "2026-07-28" });
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    const headers = client.headers({ "mcp-protocol-version": "2026-07-28" });
    expect((await gateway.fetch(client.path, { method: "DELETE", headers })).status).toBe(405);
  });

  test.each([
    [-32601, 404],
    [-32021, 400],
    [-32020, 400],
    [-32602, 200],
    [-31005, 200],
  ])("the server's own error %d is HTTP %d", async (code, status) => {
    await using gateway = await openGateway({ servers: { one: calling((call) => errorMessage(call.idText, { code, message: "m" })) } });
    expect(await codeOf(await gateway.modern().send("tools/call", { name: "one__a" }))).toEqual({ id: 1, status, code });
  });

  test("what the gateway itself could not do has a code outside of the protocol's ranges", async () => {
    const lost = calling(() => Promise.reject(upstreamLost("one", "it exited with code 1")));
    await using gateway = await openGateway({ servers: { one: lost } });
    expect(await codeOf(await gateway.modern().send("tools/call", { name: "one__a" }))).toEqual({ id: 1, status: 200, code: -31005 });
    lost.die("it exited with code 1");
    expect((await gateway.modern().send("tools/call", { name: "one__a" })).status).toBe(503);
  });
});

describe("arguments that travel in headers", () => {
  const listed = '{"name":"a","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}';
  const call = (gateway: TestGateway, region: string, header?: string) =>
    gateway
      .modern()
      .send(
        "tools/call",
        { name: "one__a", arguments: { region } },
        header === undefined ? {} : { headers: { "Mcp-Param-Region": header } },
      );

  test("must say what the body says, for a tool that is listed", async () => {
    await using gateway = await openGateway({ servers: { one: new ScriptedServer({ lists: { tools: [listed] } }) } });
    expect((await call(gateway, "eu", "eu")).status).toBe(200);
    expect(await codeOf(await call(gateway, "eu", "us"))).toMatchObject({ status: 400, code: -32020 });
    expect(await codeOf(await call(gateway, "eu"))).toMatchObject({ status: 400, code: -32020 });
  });

  test("are the server's to look at where its list is not known", async () => {
    const one = new ScriptedServer({ lists: { tools: [listed] } });
    await using gateway = await openGateway({ servers: { one }, writeTools: ["one"], settle: false });
    expect((await call(gateway, "eu")).status).toBe(200);
  });
});

describe("streams", () => {
  const progress = (n: number) =>
    JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "p", progress: n } });
  const chatty = calling(async (call) => {
    call.onNotification?.(progress(1));
    await Promise.resolve();
    call.onNotification?.(progress(2));
    return resultMessage(call.idText, '{"resultType":"complete"}');
  });

  test("carry what comes before the answer, without ids and sessions", async () => {
    await using gateway = await openGateway({ servers: { one: chatty } });
    const response = await gateway.modern().send("tools/call", { name: "one__a" }, { accept: EITHER, id: 5 });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("mcp-session-id")).toBeNull();
    const events = readEvents(response);
    for (const n of [1, 2]) expect(await events.nextEvent()).toEqual({ event: "message", data: progress(n), id: "" });
    expect(await events.next()).toMatchObject({ id: 5, result: { resultType: "complete" } } as object);
    await expect(events.next()).rejects.toThrow("the stream has ended");
  });

  test("are not for clients that take one answer", async () => {
    await using gateway = await openGateway({ servers: { one: chatty } });
    for (const accept of [undefined, "*/*", "application/json"]) {
      const response = await gateway.modern().send("tools/call", { name: "one__a" }, accept === undefined ? {} : { accept });
      expect(await response.json()).toMatchObject({ result: { resultType: "complete" } });
    }
  });

  test("that are closed cancel their call, before anything was sent too", async () => {
    const hung = calling((call) => {
      if (call.paramsText?.includes("chatty") === true) call.onNotification?.(progress(1));
      return new Promise(() => {});
    });
    await using gateway = await openGateway({ servers: { one: hung } });
    const client = gateway.modern();
    const events = readEvents(await client.send("tools/call", { name: "one__a", arguments: { chatty: true } }, { accept: EITHER }));
    await events.next();
    await events.cancel();
    expect(hung.of("tools/call")[0]?.signal.aborted).toBe(true);
    const leaving = new AbortController();
    const answer = client.send("tools/call", { name: "one__a" }, { signal: leaving.signal });
    await waitUntil(() => hung.of("tools/call").length === 2);
    leaving.abort();
    expect(await (await answer).json()).toMatchObject({ error: { code: -31099 } });
    expect(hung.of("tools/call")[1]?.signal.aborted).toBe(true);
  });
});

test("each request is one event of the audit log, refusals too", async () => {
  await using gateway = await openGateway({ servers: { one: tools({}, "a") } });
  const client = gateway.modern();
  await client.send("server/discover");
  await client.send("tools/call", { name: "one__a" });
  await client.send("tools/call", { name: "one__a" }, { headers: { "mcp-method": "x" } });
  await client.send("nothing");
  const events = gateway.control.audited.map(({ kind, outcome, method, server, tool, status, code }) => ({
    kind,
    outcome,
    method,
    server,
    tool,
    status,
    code,
  }));
  expect(events).toEqual([
    { kind: "mcp_request", outcome: "ok", method: "server/discover", server: undefined, tool: undefined, status: 200, code: undefined },
    { kind: "tool_call_trace", outcome: "ok", method: "tools/call", server: "one", tool: "a", status: 200, code: undefined },
    { kind: "gate_decision", outcome: "refused", method: "tools/call", server: undefined, tool: undefined, status: 400, code: "-32020" },
    { kind: "gate_decision", outcome: "refused", method: "nothing", server: undefined, tool: undefined, status: 404, code: "-32601" },
  ]);
});
