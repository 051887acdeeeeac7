/** Resources that clients of sessions want to hear of, through the gateway. */
import { describe, expect, test } from "bun:test";
import { initialized, openGateway, readEvents, testServer } from "../gateway.fixture.ts";
import { ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";
import { upstreamUnavailable } from "../upstream/upstream-errors.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const having = (uris: readonly string[], script: ServerScript = {}) =>
  new ScriptedServer({ lists: { resources: uris.map((uri) => JSON.stringify({ uri, name: uri })), tools: [toolText("a")] }, ...script });

const updated = (uri: string) => ({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });

describe("a subscription", () => {
  test("is one at the server however many clients have it, and ends with the last of them", async () => {
    const one = having(["x://1"]);
    await using gateway = await openGateway({ servers: { one } });
    const clients = [await initialized(gateway), await initialized(gateway), await initialized(gateway)];
    for (const client of clients) expect(await client.request("resources/subscribe", { uri: "x://1" })).toMatchObject({ result: {} });
    await clients[0]?.request("resources/subscribe", { uri: "x://1" });
    expect(one.subscriptions).toEqual(["x://1"]);
    const streams = await Promise.all(clients.map(async (client) => readEvents(await client.get())));
    one.update("x://1");
    one.update("x://other");
    for (const stream of streams) expect(await stream.next()).toEqual(updated("x://1") as object);
    await clients[0]?.request("resources/unsubscribe", { uri: "x://1" });
    await clients[1]?.end();
    expect([...one.subscribed]).toEqual(["x://1"]);
    await clients[2]?.request("resources/unsubscribe", { uri: "x://1" });
    await waitUntil(() => one.subscribed.size === 0);
  });

  test("is told of by the URI that the client knows", async () => {
    const [one, two] = [having(["x://same"]), having(["x://same", "x://2"])];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    const stream = readEvents(await client.get());
    for (const uri of ["mcpctl+two:x://same", "x://2"]) await client.request("resources/subscribe", { uri });
    expect([...two.subscribed]).toEqual(["x://same", "x://2"]);
    two.update("x://same");
    two.update("x://2");
    one.update("x://same");
    expect(await stream.next()).toEqual(updated("mcpctl+two:x://same") as object);
    expect(await stream.next()).toEqual(updated("x://2") as object);
  });

  test("that the server refuses is refused with its words, and leaves nothing", async () => {
    const refusal = '{"code":-32602,"message":"No such resource","data":{"n":1.0}}';
    const one = having(["x://1"], { subscribe: () => refusal });
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const response = await client.send("resources/subscribe", { uri: "x://1" });
    expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":1,"error":${refusal}}`);
    expect([...gateway.gateway.pipeline.sessions.held()][0]?.subscriptions.size).toBe(0);
  });

  test("at a server that is away is 503, and may be asked for again", async () => {
    const one = having(["x://1"]);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    one.die("it exited with code 1");
    expect((await client.send("resources/subscribe", { uri: "x://1" })).status).toBe(503);
    one.comeBack();
    expect(await client.request("resources/subscribe", { uri: "x://1" })).toMatchObject({ result: {} });
  });

  test("to what no server lists goes to the first that takes it", async () => {
    const refusing = having(["x://1"], { subscribe: () => '{"code":-32602,"message":"no"}' });
    const away = having(["x://2"], { subscribe: () => Promise.reject(upstreamUnavailable("away", "no")) });
    const taking = having(["x://3"]);
    await using gateway = await openGateway({ servers: { refusing, away, taking } });
    const client = await initialized(gateway);
    expect(await client.request("resources/subscribe", { uri: "y://new" })).toMatchObject({ result: {} });
    expect([...taking.subscribed]).toEqual(["y://new"]);
  });

  test("of one client ends at a thousand", async () => {
    const one = having([]);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const session = () => [...gateway.gateway.pipeline.sessions.held()][0];
    await client.request("ping");
    const host = gateway.gateway.pipeline.served.server("one")?.host;
    if (host === undefined) throw new Error("the server must be there");
    for (let n = 0; n < 1000; n += 1) await session()?.subscriptions.add(`x://${n}`, [{ host, own: `x://${n}` }]);
    expect(await session()?.subscriptions.add("x://more", [{ host, own: "x://more" }])).toContain("-31029");
    await client.end();
    await waitUntil(() => one.subscribed.size === 0);
  });

  test("goes on where another server takes the place of its own", async () => {
    const one = having(["x://1"]);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const stream = readEvents(await client.get());
    await client.request("resources/subscribe", { uri: "x://1" });
    const moved = { ...testServer("one"), backing: { kind: "builtin", name: "other" } as const };
    gateway.control.change({ servers: [moved] });
    await waitUntil(() => one.subscriptions.length === 2);
    one.update("x://1");
    for (let event = await stream.next(); event.method !== "notifications/resources/updated"; ) event = await stream.next();
  });

  test("tells nothing of a server that the client may not view any more", async () => {
    const [one, two] = [having(["x://1"]), having(["x://2"])];
    await using gateway = await openGateway({ servers: { one, two } });
    const token = gateway.control.issue("demo");
    const client = await initialized(gateway, { token });
    const stream = readEvents(await client.get());
    for (const uri of ["x://1", "x://2"]) await client.request("resources/subscribe", { uri });
    const grant = gateway.control.grants.get(token);
    if (grant === undefined) throw new Error("the token must be known");
    const bindings = [{ binding: { role: "view", resource: "servers", name: "two" } as const, source: "test" }];
    gateway.control.grants.set(token, { ...grant, bindings });
    gateway.time.ms += 60_000;
    await client.request("ping");
    one.update("x://1");
    two.update("x://2");
    expect(await stream.next()).toEqual(updated("x://2") as object);
  });

  test("needs a URI", async () => {
    await using gateway = await openGateway({ servers: { one: having([]) } });
    const client = await initialized(gateway);
    for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
      expect(await client.request(method, {})).toMatchObject({ error: { code: -32602 } });
    }
  });
});

describe("what a server says to one client outside of calls", () => {
  test("goes to its open stream as it is, and to no other client", async () => {
    const one = having([]);
    await using gateway = await openGateway({ servers: { one } });
    const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
    for (const client of [mine, theirs]) await client.request("tools/call", { name: "one__a" });
    const streams = [readEvents(await mine.get()), readEvents(await theirs.get())];
    const peers = one.of("tools/call").map(({ peer }) => peer);
    const note = (n: number) => `{"jsonrpc":"2.0", "method":"notifications/message","params":{"n":${n}.0}}`;
    for (const [n, peer] of peers.entries()) if (peer !== undefined) one.events.notified(peer, note(n));
    for (const [n, stream] of streams.entries()) {
      let event = await stream?.nextEvent();
      while (event?.data === "") event = await stream?.nextEvent();
      expect(event?.data).toBe(note(n));
    }
  });

  test("waits for the next stream where none is open, the oldest making room", async () => {
    const one = having([]);
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    await client.request("tools/call", { name: "one__a" });
    const peer = one.of("tools/call")[0]?.peer;
    if (peer === undefined) throw new Error("there must be a peer");
    for (let n = 0; n < 100; n += 1) one.events.notified(peer, `{"jsonrpc":"2.0","method":"notifications/message","params":{"n":${n}}}`);
    const stream = readEvents(await client.get());
    for (let n = 36; n < 100; n += 1) expect(await stream.next()).toMatchObject({ params: { n } });
  });

  test("names a resource as the client knows it", async () => {
    const [one, two] = [having(["x://same"]), having(["x://same"])];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    await client.request("tools/call", { name: "two__a" });
    const peer = two.of("tools/call")[0]?.peer;
    const stream = readEvents(await client.get());
    if (peer !== undefined) two.events.notified(peer, JSON.stringify(updated("x://same")));
    if (peer !== undefined) one.events.notified(peer, JSON.stringify(updated("x://same")));
    expect(await stream.next()).toEqual(updated("mcpctl+two:x://same") as object);
    expect(await stream.next()).toEqual(updated("x://same") as object);
  });
});

describe("the level of what is logged", () => {
  const logging = { initialized: { capabilities: { logging: {}, tools: {} } } };

  test("goes to each server that logs to its clients one by one, and is remembered", async () => {
    const servers = { logs: having([], logging), silent: having([]), shared: having([], { ...logging, keepsPeers: false }) };
    await using gateway = await openGateway({ servers });
    const client = await initialized(gateway);
    expect(await client.request("logging/setLevel", { level: "warning" })).toEqual({ jsonrpc: "2.0", id: 1, result: {} } as object);
    expect(Object.values(servers).map((server) => server.of("logging/setLevel").map(({ paramsText }) => paramsText))).toEqual([
      ['{"level":"warning"}'],
      [],
      [],
    ]);
    expect(servers.logs.of("logging/setLevel")[0]?.peer?.logLevel).toBe("warning");
  });

  test("is answered by the server on its own route, and by the project where a server is away", async () => {
    const answer = '{"jsonrpc":"2.0","id":1,"result":{"x":1.0}}';
    const one = having([], { ...logging, answers: { "logging/setLevel": () => answer } });
    await using gateway = await openGateway({ servers: { one } });
    const alone = await initialized(gateway, { path: "/api/v1/mcp/one" });
    expect(await (await alone.send("logging/setLevel", { level: "info" })).text()).toBe(answer);
    const project = await initialized(gateway);
    one.die("it exited with code 1");
    expect(await project.request("logging/setLevel", { level: "info" })).toMatchObject({ result: {} });
  });

  test("is one of eight, where any server logs", async () => {
    await using gateway = await openGateway({ servers: { one: having([], logging) } });
    const client = await initialized(gateway);
    for (const level of ["loud", 7, undefined]) {
      expect(await client.request("logging/setLevel", { level })).toMatchObject({ error: { code: -32602 } });
    }
    await using silent = await openGateway({ servers: { one: having([]) } });
    expect(await (await initialized(silent)).request("logging/setLevel", { level: "info" })).toMatchObject({ error: { code: -32601 } });
  });
});
