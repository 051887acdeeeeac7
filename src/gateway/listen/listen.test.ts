/** Streams of changes that modern clients open, through the gateway. */
import { describe, expect, test } from "bun:test";
import { hashToken } from "../../core/mcp-token.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { type ModernTestClient, openGateway, readEvents, testProject } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../policy/gateway-policy.ts";
import { ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const ID = "io.modelcontextprotocol/subscriptionId";
const INFO = "io.modelcontextprotocol/serverInfo";
const LISTS = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

const having = (uris: readonly string[] = [], script: ServerScript = {}) =>
  new ScriptedServer({
    lists: { tools: [toolText("a")], resources: uris.map((uri) => JSON.stringify({ uri, name: uri })) },
    initialized: { capabilities: { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } } },
    ...script,
  });

async function listen(client: ModernTestClient, notifications: object, id: unknown = "l1") {
  const response = await client.send("subscriptions/listen", { notifications }, { id });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return readEvents(response);
}

const changed = (list: string, id: unknown = "l1") =>
  ({ jsonrpc: "2.0", method: `notifications/${list}/list_changed`, params: { _meta: { [ID]: id } } }) as object;
const updated = (uri: string, id: unknown = "l1") =>
  ({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { _meta: { [ID]: id }, uri } }) as object;

describe("a stream of changes", () => {
  test("begins with what of the client's wishes it will tell, under the id of its request", async () => {
    const one = having(["x://1"], { subscribe: (uri) => (uri === "x://no" ? '{"code":-32602,"message":"no"}' : undefined) });
    await using gateway = await openGateway({ servers: { one } });
    const events = await listen(gateway.modern(), { ...LISTS, resourceSubscriptions: ["x://1", "x://no"] }, 7);
    expect(await events.nextEvent()).toMatchObject({ id: "" });
    const again = await listen(gateway.modern(), { ...LISTS, resourceSubscriptions: ["x://1", "x://no"] }, 7);
    expect(await again.next()).toEqual({
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { _meta: { [ID]: 7 }, notifications: { ...LISTS, resourceSubscriptions: ["x://1"] } },
    } as object);
    expect([...one.subscribed]).toEqual(["x://1"]);
  });

  test("tells of the lists that the client wants to hear of, and of no others", async () => {
    const one = having();
    await using gateway = await openGateway({ servers: { one } });
    const events = await listen(gateway.modern(), { promptsListChanged: true });
    await events.next();
    one.lists = { tools: [toolText("b")] };
    one.announce();
    await waitUntil(() => one.of("tools/list").length === 2);
    one.lists = { tools: [toolText("b")], prompts: ['{"name":"p"}'] };
    gateway.control.change(
      { projects: [testProject("demo", ["one"], [{ name: "own", description: "", template: "x", arguments: [] }])] },
      "prompts",
    );
    expect(await events.next()).toEqual(changed("prompts"));
  });

  test("tells of resources by the URIs that the client knows, once to each stream", async () => {
    const [one, two] = [having(["x://same"]), having(["x://same"])];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = gateway.modern();
    const streams = [
      await listen(client, { resourceSubscriptions: ["mcpctl+two:x://same"] }, "a"),
      await listen(client, { resourceSubscriptions: ["x://same", "mcpctl+two:x://same"] }, "b"),
    ];
    for (const stream of streams) await stream.next();
    expect([one.subscriptions, two.subscriptions]).toEqual([["x://same"], ["x://same"]]);
    two.update("x://same");
    one.update("x://same");
    expect(await streams[0]?.next()).toEqual(updated("mcpctl+two:x://same", "a"));
    expect(await streams[1]?.next()).toEqual(updated("mcpctl+two:x://same", "b"));
    expect(await streams[1]?.next()).toEqual(updated("x://same", "b"));
  });

  test("of one server tells of that server alone, and of what it has offered", async () => {
    const one = having(["x://1"], { initialized: { capabilities: { tools: { listChanged: true }, prompts: {} } } });
    await using gateway = await openGateway({ servers: { one, two: having() } });
    const events = await listen(gateway.modern({ path: "/api/v1/mcp/one" }), { ...LISTS, resourceSubscriptions: ["x://1"] });
    expect(await events.next()).toMatchObject({ params: { notifications: { toolsListChanged: true } } });
    expect(one.subscriptions).toEqual([]);
  });

  test("that could tell nothing ends at once, as one that was carried out", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    const events = await listen(gateway.modern(), {}, 3);
    expect(await events.next()).toMatchObject({ params: { notifications: {} } });
    expect(await events.next()).toEqual({
      jsonrpc: "2.0",
      id: 3,
      result: {
        resultType: "complete",
        _meta: { [ID]: 3, [INFO]: { name: "mcpctl", title: "mcpctl project demo", version: expect.any(String) } },
      },
    } as object);
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect(gateway.gateway.pipeline.modern.listens.size).toBe(0);
  });

  test("that the client closes holds nothing any more", async () => {
    const one = having(["x://1"]);
    await using gateway = await openGateway({ servers: { one } });
    const events = await listen(gateway.modern(), { ...LISTS, resourceSubscriptions: ["x://1"] });
    await events.next();
    expect(gateway.gateway.vitals().streamsOpen).toEqual({ legacy: 0, modern: 1 });
    await events.cancel();
    await waitUntil(() => one.subscribed.size === 0);
    expect(gateway.gateway.vitals().streamsOpen.modern).toBe(0);
  });

  test("does without a resource whose server is away", async () => {
    const [one, two] = [having(["x://1"]), having(["x://2"])];
    await using gateway = await openGateway({ servers: { one, two } });
    one.die("it exited with code 1");
    const events = await listen(gateway.modern(), { resourceSubscriptions: ["x://1", "x://2"] });
    expect(await events.next()).toMatchObject({ params: { notifications: { resourceSubscriptions: ["x://2"] } } });
  });
});

describe("the gateway ends a stream of changes with a result", () => {
  test("when its time is up", async () => {
    const policy = { ...DEFAULT_GATEWAY_POLICY, stream: { ...DEFAULT_GATEWAY_POLICY.stream, maxSeconds: 0.005 } };
    await using gateway = await openGateway({ servers: { one: having() }, settings: { policy } });
    const events = await listen(gateway.modern(), LISTS);
    await events.next();
    expect(await events.next()).toMatchObject({ id: "l1", result: { resultType: "complete" } } as object);
  });

  test("when it stops", async () => {
    const gateway = await openGateway({ servers: { one: having() } });
    const events = await listen(gateway.modern(), LISTS);
    await events.next();
    gateway.gateway.drain();
    expect(await events.next()).toMatchObject({ id: "l1", result: {} } as object);
    await gateway.gateway.close();
  });

  test("when its project is gone", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    const events = await listen(gateway.modern(), LISTS);
    await events.next();
    gateway.control.change({ projects: [] }, "projects");
    expect(await events.next()).toMatchObject({ id: "l1", result: {} } as object);
  });

  test("when its token is revoked, and no other one's", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    const token = gateway.control.issue("demo");
    const [mine, theirs] = [await listen(gateway.modern({ token }), LISTS), await listen(gateway.modern(), LISTS)];
    for (const stream of [mine, theirs]) await stream.next();
    gateway.control.grants.delete(token);
    gateway.control.announce("mcptokens", hashToken(token));
    expect(await mine.next()).toMatchObject({ result: {} });
    expect(gateway.gateway.pipeline.modern.listens.size).toBe(1);
  });

  test("when its person may not log in any more", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    const bindings: RoleBinding[] = [
      { role: "view", resource: "projects" },
      { role: "view", resource: "servers" },
    ];
    const session = gateway.control.logIn("ann", { bindings });
    const events = await listen(gateway.modern({ token: session }), LISTS);
    await events.next();
    gateway.control.grants.delete(session);
    gateway.control.announce("sessions");
    expect(await events.next()).toMatchObject({ result: {} });
  });
});

test("what a client may not view any more it does not hear of", async () => {
  const [one, two] = [having(["x://1"]), having(["x://2"])];
  await using gateway = await openGateway({ servers: { one, two } });
  const token = gateway.control.issue("demo");
  const events = await listen(gateway.modern({ token }), { resourceSubscriptions: ["x://1", "x://2"] });
  await events.next();
  const grant = gateway.control.grants.get(token);
  if (grant === undefined) throw new Error("the token must be known");
  gateway.control.grants.set(token, {
    ...grant,
    bindings: [{ binding: { role: "view", resource: "servers", name: "two" }, source: "test" }],
  });
  const asked = gateway.control.asked.length;
  gateway.control.announce("rbac");
  await waitUntil(() => gateway.control.asked.length > asked);
  await new Promise((resolve) => setImmediate(resolve));
  one.update("x://1");
  two.update("x://2");
  expect(await events.next()).toEqual(updated("x://2"));
});

describe("refused is", () => {
  test.each([
    ["no filter", {}],
    ["a filter that is none", { notifications: { toolsListChanged: 1 } }],
    [
      "more resources than there is room for",
      { notifications: { resourceSubscriptions: Array.from({ length: 1001 }, (_, n) => `x://${n}`) } },
    ],
  ])("%s, with -32602", async (_, params) => {
    await using gateway = await openGateway({ servers: { one: having() } });
    expect(await gateway.modern().request("subscriptions/listen", params)).toMatchObject({ error: { code: -32602 } });
    expect(gateway.gateway.pipeline.modern.listens.size).toBe(0);
  });

  test("one stream more than a principal may have, with 429, while others may open theirs", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    for (let n = 0; n < 64; n += 1) await listen(gateway.modern(), LISTS, n);
    const refused = await gateway.modern().send("subscriptions/listen", { notifications: LISTS });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    await listen(gateway.modern({ token: gateway.control.issue("demo") }), LISTS);
  });

  test("whoever asks where streams are off, with 403", async () => {
    const policy = { stream: { ...DEFAULT_GATEWAY_POLICY.stream, enabled: false } };
    await using gateway = await openGateway({ servers: { one: having() }, policy });
    const response = await gateway.modern().send("subscriptions/listen", { notifications: LISTS });
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 403,
      body: { error: { code: "streaming_disabled" } },
    });
  });

  test("who may view nothing, with 403", async () => {
    await using gateway = await openGateway({ servers: { one: having() } });
    const token = gateway.control.issue("demo", { bindings: [] });
    expect((await gateway.modern({ token }).send("subscriptions/listen", { notifications: LISTS })).status).toBe(403);
  });
});

test("a stream is one event of the audit log, when it opens", async () => {
  await using gateway = await openGateway({ servers: { one: having() } });
  await (await listen(gateway.modern(), LISTS)).next();
  expect(gateway.control.audited).toMatchObject([{ kind: "mcp_request", method: "subscriptions/listen", outcome: "ok", status: 200 }]);
});
