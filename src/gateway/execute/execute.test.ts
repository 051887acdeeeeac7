/** What a project's view and a server's own route show of their servers, and where calls go. */
import { describe, expect, test } from "bun:test";
import { advertisedName } from "../catalog/advertised-name.ts";
import { initialized, openGateway } from "../gateway.fixture.ts";
import { type Answering, ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";

const LONG = `do.${"x".repeat(80)}`;

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });

describe("tools of a project", () => {
  test("are named server__tool, in the project's order of servers and the servers' own order of tools", async () => {
    const servers = { one: tools("b", "a"), two: tools("a"), three: tools("c") };
    await using gateway = await openGateway({ servers, projects: { demo: ["two", "one"] } });
    expect(await (await initialized(gateway)).toolNames()).toEqual(["two__a", "one__b", "one__a"]);
  });

  test("are called by the advertised name, and the server sees its own", async () => {
    const [one, two] = [tools("a", "_a", "a__b"), tools("a")];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    for (const name of ["one__a", "one___a", "one__a__b"]) await client.request("tools/call", { name });
    expect(one.of("tools/call").map((call) => call.paramsText)).toEqual(['{"name":"a"}', '{"name":"_a"}', '{"name":"a__b"}']);
    expect(two.of("tools/call")).toEqual([]);
  });

  test("with a long name are listed under at most 64 characters and are callable, also when the server is away", async () => {
    const one = tools(LONG, `${LONG}y`);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const names = await client.toolNames();
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^one__do\.[x_0-9A-Za-z]+$/);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
    for (const name of names) await client.request("tools/call", { name });
    expect(one.of("tools/call").map((call) => JSON.parse(call.paramsText ?? "").name)).toEqual([LONG, `${LONG}y`]);
    one.die("it exited with code 1");
    expect(await client.toolNames()).toEqual(names);
    expect((await client.send("tools/call", { name: names[0] })).status).toBe(503);
  });

  test("of 64 characters exactly keep their name", async () => {
    const name = "n".repeat(64 - "one__".length);
    const one = tools(name);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    expect(await client.toolNames()).toEqual([`one__${name}`]);
    await client.request("tools/call", { name: `one__${name}` });
    expect(one.of("tools/call").at(-1)?.paramsText).toBe(`{"name":"${name}"}`);
  });

  test("that came after the last reading are found by one new reading", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    gateway.time.ms += 1000;
    one.lists = { tools: [toolText("new")] };
    expect(await client.request("tools/call", { name: "one__new" })).toMatchObject({ result: { asked: "tools/call" } });
    expect(one.of("tools/list")).toHaveLength(2);
  });

  test("that do not exist cost a server at most one reading a second", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    gateway.time.ms += 1000;
    for (let asked = 0; asked < 5; asked += 1) await client.request("tools/call", { name: "one__none" });
    expect(one.of("tools/list")).toHaveLength(2);
    expect(one.of("tools/call")).toEqual([]);
  });
});

describe("bytes", () => {
  const odd = String.raw`{ "x-new":{"deep":[1.0,12345678901234567890,1e400,-0]},"name" : "a","title":"\u00e9\/\ud83d\ude00","inputSchema":{"type":"object"} ,"_meta":{"name":"a"}}`;

  test("a list keeps what it does not know, byte for byte, and changes the name alone", async () => {
    const one = new ScriptedServer({ lists: { tools: [odd] } });
    await using gateway = await openGateway({ servers: { one } });
    const project = await (await initialized(gateway)).send("tools/list");
    expect(await project.text()).toBe(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${odd.replace('"name" : "a"', '"name" : "one__a"')}]}}`);
    const bare = await (await initialized(gateway, { path: "/api/v1/mcp/one" })).send("tools/list");
    expect(await bare.text()).toBe(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${odd}]}}`);
  });

  test("params pass unchanged but for the name, however they are written", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const written = String.raw`{ "arguments":{"name":"one__a","n":[1.0,12345678901234567890,1e400],"t":"\u00e9\/"},
  "name" : "one__\u0061" , "more":null}`;
    await client.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${written}}`);
    expect(one.of("tools/call").at(-1)?.paramsText).toBe(written.replace(String.raw`"one__\u0061"`, '"a"'));
  });

  test("an answer passes unchanged, with the id as the client wrote it", async () => {
    const result = String.raw`{"content":[{"n":1.0,"big":12345678901234567890,"t":"\u00e9\/"}] , "_meta":{}}`;
    const answers = { "tools/call": (call: { idText: string }) => `{"jsonrpc":"2.0","id":${call.idText},"result":${result}}` };
    const one = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers });
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    for (const id of ["1", '"\\u0041"', "12345678901234567890", "-0"]) {
      const response = await client.post(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"one__a"}}`);
      expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
    }
  });
});

describe("prompts", () => {
  test("are named and called like tools", async () => {
    const script = (name: string): ServerScript => ({ lists: { prompts: [`{"name":"${name}","arguments":[{"name":"${name}"}]}`] } });
    const [one, two] = [new ScriptedServer(script("greet")), new ScriptedServer(script(LONG))];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    const { result } = await client.request("prompts/list");
    const shortened = advertisedName("two", LONG);
    expect(result.prompts).toEqual([
      { name: "one__greet", arguments: [{ name: "greet" }] },
      { name: shortened, arguments: [{ name: LONG }] },
    ]);
    await client.request("prompts/get", { name: "one__greet" });
    expect(one.of("prompts/get")[0]?.paramsText).toBe('{"name":"greet"}');
    await client.request("prompts/get", { name: shortened });
    expect(two.of("prompts/get")[0]?.paramsText).toBe(JSON.stringify({ name: LONG }));
    expect(await client.request("prompts/get", { name: "one__none" })).toMatchObject({ error: { code: -32602 } });
  });
});

describe("resources", () => {
  const has = (uri: string, ...templates: string[]) =>
    new ScriptedServer({
      lists: { resources: [`{"uri":"${uri}","name":"n"}`], resourceTemplates: templates.map((text) => `{"uriTemplate":"${text}"}`) },
      answers: { "resources/read": reads(uri) },
    });

  /** Knows its own resource and whatever lies below it; refuses others, as servers do. */
  const reads =
    (uri: string): Answering =>
    (call) => {
      const asked = JSON.parse(call.paramsText ?? "{}").uri as string;
      const known = asked.startsWith(uri);
      const said = known
        ? { result: { contents: [{ uri: asked, text: uri }] } }
        : { error: { code: -32002, message: "Resource not found" } };
      return JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(call.idText), ...said });
    };

  test("keep their URIs, and the second server with one is listed and read by its prefix", async () => {
    const [one, two] = [has("x://same"), has("x://same")];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    const { result } = await client.request("resources/list");
    const uris = (result.resources as { uri: string }[]).map(({ uri }) => uri);
    expect(uris).toEqual(["x://same", "mcpctl+two:x://same"]);
    for (const uri of uris) expect(await client.request("resources/read", { uri })).toMatchObject({ result: { contents: [{}] } });
    expect([one, two].map((server) => server.of("resources/read").map((call) => call.paramsText))).toEqual([
      ['{"uri":"x://same"}'],
      ['{"uri":"x://same"}'],
    ]);
  });

  test("any server's resource may be read by its prefix", async () => {
    const [one, two] = [has("x://1"), has("x://2")];
    await using gateway = await openGateway({ servers: { one, two } });
    await (await initialized(gateway)).request("resources/read", { uri: "mcpctl+two:x://2/part:1" });
    expect(two.of("resources/read")[0]?.paramsText).toBe('{"uri":"x://2/part:1"}');
    expect(one.of("resources/read")).toEqual([]);
  });

  test("that no server lists are asked of those with a fitting template, then of the others, until one has it", async () => {
    const [one, two, three] = [has("x://1"), has("x://2"), has("x://3", "x://3/{id}")];
    await using gateway = await openGateway({ servers: { one, two, three, none: tools("a") } });
    const client = await initialized(gateway);
    expect(await client.request("resources/read", { uri: "x://3/7" })).toMatchObject({ result: { contents: [{ text: "x://3" }] } });
    expect([one, two, three].map((server) => server.of("resources/read").length)).toEqual([0, 0, 1]);
    expect(await client.request("resources/read", { uri: "x://2/7" })).toMatchObject({ result: { contents: [{ text: "x://2" }] } });
    expect(await client.request("resources/read", { uri: "x://4" })).toMatchObject({ error: { code: -32002 } });
  });

  test("are read past a server that is away", async () => {
    const [one, two] = [has("x://1"), has("x://2")];
    await using gateway = await openGateway({ servers: { one, two } });
    one.die("it exited with code 1");
    const client = await initialized(gateway);
    expect(await client.request("resources/read", { uri: "x://2/7" })).toMatchObject({ result: { contents: [{ text: "x://2" }] } });
  });

  test("templates are listed, the second of a kind under its prefix", async () => {
    await using gateway = await openGateway({ servers: { one: has("x://1", "x://{id}"), two: has("x://2", "x://{id}") } });
    const { result } = await (await initialized(gateway)).request("resources/templates/list");
    expect(result.resourceTemplates).toEqual([{ uriTemplate: "x://{id}" }, { uriTemplate: "mcpctl+two:x://{id}" }]);
  });

  test("of a project without any are unknown with -32602", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    expect(await client.request("resources/read", { uri: "x://1" })).toMatchObject({ error: { code: -32602 } });
    expect(await client.request("resources/read", {})).toMatchObject({ error: { code: -32602 } });
    expect(await client.request("resources/list")).toMatchObject({ result: { resources: [] } });
  });
});

describe("completion", () => {
  test("goes to the server of the prompt or the resource, which sees its own name", async () => {
    const one = new ScriptedServer({ lists: { prompts: ['{"name":"p"}'], tools: [] } });
    const two = new ScriptedServer({ lists: { resources: [], resourceTemplates: ['{"uriTemplate":"x://{id}"}'] } });
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    const argument = { name: "id", value: "1" };
    await client.request("completion/complete", { ref: { type: "ref/prompt", name: "one__p" }, argument });
    expect(one.of("completion/complete")[0]?.paramsText).toBe(JSON.stringify({ ref: { type: "ref/prompt", name: "p" }, argument }));
    for (const uri of ["x://{id}", "mcpctl+two:x://{id}"]) {
      await client.request("completion/complete", { ref: { type: "ref/resource", uri }, argument });
      const seen = JSON.stringify({ ref: { type: "ref/resource", uri: "x://{id}" }, argument });
      expect(two.of("completion/complete").at(-1)?.paramsText).toBe(seen);
    }
  });

  test("of nothing we know is -32602", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    const refs = [undefined, null, 7, {}, { type: "ref/other" }, { type: "ref/prompt" }, { type: "ref/prompt", name: "none__p" }];
    for (const ref of [...refs, { type: "ref/resource", uri: "x://1" }]) {
      expect(await client.request("completion/complete", { ref })).toMatchObject({ error: { code: -32602 } });
    }
  });
});

describe("a server's own route", () => {
  test("shows its own names and its own word on itself, less what is not carried", async () => {
    const offered = {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      logging: {},
      completions: {},
      x: { y: 1 },
    };
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      initialized: {
        protocolVersion: "2024-11-05",
        capabilities: { ...offered, tasks: { list: {} }, experimental: { own: {} } },
        serverInfo: { name: "own", version: "7", platform: "p" },
        instructions: "Own words.",
      },
    });
    await using gateway = await openGateway({ servers: { one } });
    const client = gateway.client({ path: "/api/v1/mcp/one" });
    expect((await client.initialize("2025-06-18")).result).toEqual({
      protocolVersion: "2025-06-18",
      capabilities: offered,
      serverInfo: { name: "own", version: "7", platform: "p" },
      instructions: "Own words.",
    });
    expect(await client.toolNames()).toEqual(["a"]);
    await client.request("tools/call", { name: "a" });
    expect(one.of("tools/call")[0]?.paramsText).toBe('{"name":"a"}');
    expect(await client.request("tools/call", { name: "one__a" })).toMatchObject({ error: { code: -32602 } });
  });

  test("does not offer the log of a server that cannot tell its clients apart", async () => {
    const shared = new ScriptedServer({ initialized: { capabilities: { logging: {}, tools: {} } }, keepsPeers: false });
    await using gateway = await openGateway({ servers: { shared } });
    const client = gateway.client({ path: "/api/v1/mcp/shared" });
    expect((await client.initialize()).result.capabilities).toEqual({ tools: {} });
    expect(await client.request("logging/setLevel", { level: "info" })).toMatchObject({ error: { code: -32601 } });
    expect(shared.of("logging/setLevel")).toEqual([]);
  });

  test("of a server that is away is 503, and its lists are the last known ones", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway, { path: "/api/v1/mcp/one" });
    one.die("it exited with code 1");
    expect(await client.toolNames()).toEqual(["a"]);
    const response = await client.send("initialize", { protocolVersion: "2025-11-25" });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ error: { code: "upstream_unavailable" } });
  });

  test("of a server whose lists were never read is never an empty list", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one }, settle: false });
    expect(await (await initialized(gateway, { path: "/api/v1/mcp/one" })).toolNames()).toEqual(["a"]);
    const silent = new ScriptedServer({
      initialized: { capabilities: { tools: {} } },
      answers: { "tools/list": () => Promise.reject(new Error("no")) },
    });
    await using other = await openGateway({ servers: { silent } });
    const response = await (await initialized(other, { path: "/api/v1/mcp/silent" })).send("tools/list");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_unavailable" } });
  });
});

describe("a project's initialize", () => {
  test("names the project and joins the servers' instructions", async () => {
    const says = (instructions: string) => new ScriptedServer({ initialized: { instructions } });
    await using gateway = await openGateway({ servers: { one: says("First."), two: tools("a"), three: says("Third.") } });
    const { result } = await gateway.client().initialize();
    expect(result).toMatchObject({
      capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true }, completions: {} },
      serverInfo: { name: "mcpctl", title: "mcpctl project demo" },
      instructions: "# one\nFirst.\n\n# three\nThird.",
    });
  });

  test("offers logging and subscriptions where one of its servers does", async () => {
    const offering = (capabilities: Record<string, unknown>, keepsPeers = true) =>
      new ScriptedServer({ initialized: { capabilities }, keepsPeers });
    const capabilitiesOf = async (servers: Record<string, ScriptedServer>) => {
      await using gateway = await openGateway({ servers });
      return (await gateway.client().initialize()).result.capabilities;
    };
    const plain = offering({ resources: { listChanged: true } });
    expect(await capabilitiesOf({ plain, shared: offering({ logging: {} }, false) })).toEqual({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true },
      completions: {},
    });
    const both = { plain, logs: offering({ logging: {} }), tells: offering({ resources: { subscribe: true } }) };
    expect(await capabilitiesOf(both)).toMatchObject({ resources: { listChanged: true, subscribe: true }, logging: {} });
  });
});
