/** Servers side by side: what one of them does costs the others nothing. */

import { describe, expect, test } from "bun:test";
import { until } from "../mcp/bridge/bridge.fixture.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { openSqlite } from "../store/sqlite/open-sqlite.ts";
import { createContentServer } from "./builtin/content/content-server.ts";
import { seedContent } from "./builtin/content/seed-content.ts";
import { initialized, openGateway, type TestClient } from "./gateway.fixture.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";
import type { LiveSession } from "./session/live-session.ts";
import { builtinUpstream } from "./upstream/builtin/builtin-upstream.ts";

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });

/** A server that answers `initialize` and then no list. */
function listless(): ScriptedServer {
  return new ScriptedServer({ lists: { tools: [] }, answers: { "tools/list": () => new Promise(() => {}) } });
}

describe("isolation", () => {
  const bad = {
    "hangs in initialize": () => tools("x").hang(),
    "is dead": () => tools("x").die("it exited with code 1"),
    "answers no list": listless,
    "fails each list": () => new ScriptedServer({ lists: { tools: [] }, answers: { "tools/list": () => Promise.reject(new Error("no")) } }),
    "answers lists with an error": () =>
      new ScriptedServer({
        lists: { tools: [] },
        answers: { "tools/list": ({ idText }) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}` },
      }),
    "answers lists with nonsense": () => new ScriptedServer({ lists: { tools: [] }, answers: { "tools/list": () => "nonsense" } }),
  };

  test.each(Object.entries(bad))(
    "a server that %s neither empties nor stops the lists of the others, nor calls to them",
    async (_, make) => {
      await using gateway = await openGateway({ servers: { first: tools("a"), bad: make(), last: tools("b") }, settle: false });
      const client = await initialized(gateway);
      expect(await client.toolNames()).toEqual(["first__a", "last__b"]);
      expect(await client.request("tools/call", { name: "last__b" })).toMatchObject({ result: { asked: "tools/call" } });
    },
  );

  test("a hung call to one server does not hold a call to another, nor to the same one", async () => {
    const hung = new ScriptedServer({
      lists: { tools: [toolText("hang"), toolText("a")] },
      answers: {
        "tools/call": ({ idText, paramsText }) =>
          paramsText?.includes("hang") ? new Promise(() => {}) : `{"jsonrpc":"2.0","id":${idText},"result":{}}`,
      },
    });
    await using gateway = await openGateway({ servers: { hung, other: tools("b") } });
    const client = await initialized(gateway);
    const waiting = client.request("tools/call", { name: "hung__hang" }, { id: "hanging" });
    expect(await client.request("tools/call", { name: "other__b" })).toMatchObject({ result: {} });
    expect(await client.request("tools/call", { name: "hung__a" })).toMatchObject({ result: {} });
    await client.end();
    expect(await waiting).toMatchObject({ error: { code: -31099 } });
  });

  test("a server that dies keeps its tools listed as last known, and is marked so", async () => {
    const one = tools("a", "b");
    await using gateway = await openGateway({ servers: { one, two: tools("c") } });
    const client = await initialized(gateway);
    one.die("it exited with code 1");
    gateway.time.ms += 120_000;
    expect(await client.toolNames()).toEqual(["one__a", "one__b", "two__c"]);
    expect(gateway.gateway.statuses()).toMatchObject([
      { handle: "one", state: "failed", reason: "it exited with code 1", tools: 2, stale: true },
      { handle: "two", state: "ready", tools: 1, stale: false },
    ]);
    expect((await client.send("tools/call", { name: "one__a" })).status).toBe(503);
    expect((await client.send("tools/call", { name: "two__c" })).status).toBe(200);
    one.comeBack();
    expect((await client.send("tools/call", { name: "one__a" })).status).toBe(200);
    // Its lists are read again meanwhile.
    await until(() => gateway.gateway.statuses()[0]?.state === "ready");
    expect(gateway.gateway.statuses()[0]).toMatchObject({ state: "ready", stale: false });
  });
});

describe("statuses", () => {
  test("say of each registered server what it is, what it offers and who sees it", async () => {
    const never = tools("x").die("its command could not be started");
    await using gateway = await openGateway({
      servers: { one: tools("a", "b"), never, off: tools("c") },
      projects: { demo: ["one"], other: ["one", "never", "off"] },
      disabled: ["off"],
    });
    const common = { backing: "builtin", stale: false } as const;
    expect(gateway.gateway.statuses()).toEqual([
      { ...common, handle: "one", enabled: true, state: "ready", tools: 2, projects: ["demo", "other"] },
      {
        ...common,
        handle: "never",
        enabled: true,
        state: "failed",
        reason: "its command could not be started",
        tools: null,
        projects: ["other"],
      },
      { ...common, handle: "off", enabled: false, state: "disabled", tools: null, projects: ["other"] },
    ]);
  });

  test("close stops every server", async () => {
    const servers = { one: tools("a"), two: tools("b") };
    const gateway = await openGateway({ servers });
    await gateway.gateway.close();
    expect([servers.one.closed, servers.two.closed]).toEqual([1, 1]);
  });
});

describe("clients of one server", () => {
  test("with the same ids and progress tokens get their own answers", async () => {
    const waiting: (() => void)[] = [];
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: {
        "tools/call": ({ idText, paramsText }) =>
          new Promise((resolve) => waiting.push(() => resolve(`{"jsonrpc":"2.0","id":${idText},"result":${paramsText}}`))),
      },
    });
    await using gateway = await openGateway({ servers: { one } });
    const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
    const call = (client: TestClient, who: string) =>
      client.request("tools/call", { name: "one__a", arguments: { who }, _meta: { progressToken: 1 } }, { id: 1 });
    const answers = [call(mine, "me"), call(theirs, "them")];
    while (waiting.length < 2) await Promise.resolve();
    for (const answer of waiting.toReversed()) answer();
    expect(await Promise.all(answers)).toMatchObject([
      { result: { arguments: { who: "me" } } },
      { result: { arguments: { who: "them" } } },
    ]);
    // Each call names its own session, so that a server with sessions can keep them apart.
    const sessions = one.of("tools/call").map((sent) => (sent.peer as LiveSession | undefined)?.claims.id);
    expect(new Set(sessions).size).toBe(2);
  });
});

describe("the built-in content server", () => {
  test("answers on its own route under its own names, with platform, toolset version and trace header", async () => {
    const db = openSqlite(":memory:");
    await migrateToLatest(db);
    await seedContent(db);
    const content = () => builtinUpstream({ server: createContentServer(db), onFailure: () => {} });
    await using gateway = await openGateway({ servers: { content } });
    const client = gateway.client({ path: "/api/v1/mcp/content" });
    expect((await client.initialize()).result).toMatchObject({
      serverInfo: { platform: "eMCP", platformVersion: expect.any(String) },
      capabilities: { evo: { toolsetVersion: "1.0" } },
    });
    const canonical = ["search", "get", "root_tree", "descendants", "ancestors", "children", "siblings"].map(
      (name) => `evo.content.${name}`,
    );
    expect(await client.toolNames()).toEqual(expect.arrayContaining([...canonical, "evo.model.list", "evo.model.get"]));
    const params = { name: "evo.content.search", arguments: { limit: 2 } };
    const response = await client.send("tools/call", params, { headers: { "x-trace-id": "trace-of-the-caller" } });
    expect(response.headers.get("x-trace-id")).toBe("trace-of-the-caller");
    expect(await response.json()).toMatchObject({
      result: { structuredContent: { items: [{ id: 1 }, {}], meta: { limit: 2, offset: 0, count: 2, toolsetVersion: "1.0" } } },
    });
    const project = await initialized(gateway);
    expect(await project.request("tools/call", { name: "content__evo.content.get", arguments: { id: 1 } })).toMatchObject({
      result: { structuredContent: { item: { id: 1 } } },
    });
    await db.destroy();
  });
});
