/** What changes at the control plane is served without a restart. */
import { describe, expect, test } from "bun:test";
import type { ServerDefinition } from "../../api/server-definition.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { initialized, openGateway, readEvents, type TestGateway, testProject, testServer } from "../gateway.fixture.ts";
import type { ResiliencePolicy } from "../resilience/resilience-settings.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });

/** Waits for what the gateway does by itself; the test's own time is the limit. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

const handles = (gateway: TestGateway) => gateway.gateway.statuses().map(({ handle, state }) => `${handle} ${state}`);

describe("servers", () => {
  test("one that is added starts and is in the lists of its projects, whose clients are told", async () => {
    const servers = { one: tools("a"), two: tools("b") };
    await using gateway = await openGateway({ servers, projects: { demo: ["one"] }, disabled: ["two"] });
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    gateway.control.change({ servers: [testServer("one"), testServer("two")], projects: [testProject("demo", ["one", "two"])] });
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["one__a", "two__b"]);
    expect(await client.request("tools/call", { name: "two__b" })).toMatchObject({ result: {} });
    expect(servers.one.closed).toBe(0);
  });

  test.each(["removed", "switched off"])("one that is %s closes, leaves the lists, and its calls in flight end", async (how) => {
    const hung = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => gate.promise } });
    const gate = Promise.withResolvers<string>();
    const servers = {
      one: tools("b"),
      two: (_: unknown, events: Parameters<ScriptedServer["connect"]>[1]) => {
        const upstream = hung.connect("two", events);
        const close = async () => {
          gate.reject(new Error("it was closed"));
          await upstream.close();
        };
        return { ...upstream, close };
      },
    };
    await using gateway = await openGateway({ servers });
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    const call = client.request("tools/call", { name: "two__a" });
    await until(() => hung.of("tools/call").length === 1);
    const two = how === "removed" ? [] : [{ ...testServer("two"), enabled: false }];
    gateway.control.change({ servers: [testServer("one"), ...two] });
    expect(await call).toMatchObject({ error: { code: -32603 } });
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["one__b"]);
    expect(hung.closed).toBe(1);
    expect(handles(gateway)).toEqual(how === "removed" ? ["one ready"] : ["one ready", "two disabled"]);
    expect((await gateway.client({ path: "/api/v1/mcp/two" }).send("initialize", {})).status).toBe(404);
  });

  test("one whose backing changed is replaced: the new one takes calls at once, the old one ends with its last", async () => {
    const gate = Promise.withResolvers<string>();
    const old = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => gate.promise } });
    const fresh = tools("a", "new");
    const made: string[] = [];
    const connect: Parameters<typeof openGateway>[0] = {
      servers: {
        one: (server, events) => {
          const name = server.backing.kind === "builtin" ? server.backing.name : "";
          made.push(name);
          return (name === "scripted" ? old : fresh).connect("one", events);
        },
      },
      settings: { drainMs: 60_000 },
    };
    await using gateway = await openGateway(connect);
    const client = await initialized(gateway);
    const call = client.request("tools/call", { name: "one__a" }, { id: "old" });
    await until(() => old.of("tools/call").length === 1);
    gateway.control.change({ servers: [{ ...testServer("one"), backing: { kind: "builtin", name: "other" } }] });
    await until(async () => (await client.toolNames()).includes("one__new"));
    expect(await client.request("tools/call", { name: "one__a" })).toMatchObject({ result: { asked: "tools/call" } });
    expect({ made, closed: old.closed }).toEqual({ made: ["scripted", "other"], closed: 0 });
    gate.resolve('{"jsonrpc":"2.0","id":"old","result":{"from":"the old one"}}');
    expect(await call).toMatchObject({ result: { from: "the old one" } });
    await until(() => old.closed === 1);
  });

  test("one that was replaced does not outlive its time, whatever its calls do", async () => {
    const old = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => new Promise(() => {}) } });
    const servers = {
      one: (server: { id: string }, events: Parameters<ScriptedServer["connect"]>[1]) =>
        (server.id === "srv_one" ? old : tools("a")).connect("one", events),
    };
    await using gateway = await openGateway({ servers, settings: { drainMs: 5 } });
    const client = await initialized(gateway);
    const call = client.send("tools/call", { name: "one__a" });
    await until(() => old.of("tools/call").length === 1);
    gateway.control.change({ servers: [{ ...testServer("one"), id: "srv_other" }] });
    await until(() => old.closed === 1);
    await client.end();
    expect((await call).status).toBe(200);
  });

  test("another value of a secret is another connection, which gets this secret and no other", async () => {
    const given: unknown[] = [];
    const server = tools("a");
    const connect = (definition: { secrets: unknown }, events: Parameters<ScriptedServer["connect"]>[1]) => {
      given.push(definition.secrets);
      return server.connect("one", events);
    };
    await using gateway = await openGateway({ servers: { one: connect } });
    const backing = { kind: "url", url: "http://one.test/", secretHeaders: { authorization: "key" } } as const;
    gateway.control.change({ servers: [{ ...testServer("one"), backing }], secrets: { key: "1", other: "x" } });
    await until(() => given.length === 2);
    gateway.control.change({ secrets: { key: "2", other: "x" } }, "secrets");
    await until(() => given.length === 3);
    gateway.control.change({ secrets: { key: "2", other: "y" } }, "secrets");
    const read = gateway.control.snapshotsRead;
    await until(() => gateway.control.snapshotsRead > read);
    expect(given).toEqual([{}, { key: "1" }, { key: "2" }]);
  });

  test("another limit holds from then on and touches no connection", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    gateway.control.change({ servers: [{ ...testServer("one"), rateLimit: 1 }] });
    const status = async () => (await client.send("tools/call", { name: "one__a" })).status;
    await until(async () => (await status()) === 429);
    expect(one.closed).toBe(0);
  });

  test("other times and another bound of calls hold from then on, touch no connection and drop no call", async () => {
    const gates: ReturnType<typeof Promise.withResolvers<string>>[] = [];
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: {
        "tools/call": () => {
          gates.push(Promise.withResolvers<string>());
          return gates.at(-1)?.promise ?? "";
        },
      },
    });
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const call = (id: string) => client.request("tools/call", { name: "one__a" }, { id });
    const before = call("before");
    await until(() => gates.length === 1);
    const limits = () => gateway.gateway.pipeline.served.server("one")?.host.upstream.limits;
    const change = (policy: ResiliencePolicy) => {
      const changed: ServerDefinition & { policy: ResiliencePolicy } = { ...testServer("one"), policy };
      gateway.control.change({ servers: [changed] });
    };
    change({ concurrency: 1 });
    await until(() => limits()?.concurrency === 1);
    const refused = await client.send("tools/call", { name: "one__a" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    change({ timeouts: { idleSeconds: 0.01 } });
    await until(() => limits()?.idleMs === 10);
    expect(await call("after")).toMatchObject({ error: { code: -31004, message: expect.stringContaining("said nothing") } });
    gates[0]?.resolve('{"jsonrpc":"2.0","id":"before","result":{"from":"the first call"}}');
    expect(await before).toMatchObject({ result: { from: "the first call" } });
    expect(one.closed).toBe(0);
  });

  test("a server whose calls may take longer than others' has that time", async () => {
    const gate = Promise.withResolvers<string>();
    const slow = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => gate.promise } });
    const deaf = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => new Promise(() => {}) } });
    await using gateway = await openGateway({ servers: { slow, deaf }, settings: { callTimeoutMs: 5 } });
    const client = await initialized(gateway);
    const patient: ServerDefinition & { policy: ResiliencePolicy } = {
      ...testServer("slow"),
      policy: { timeouts: { totalSeconds: 3600 } },
    };
    gateway.control.change({ servers: [patient, testServer("deaf")] });
    await until(() => gateway.gateway.pipeline.served.server("slow")?.host.upstream.limits.totalMs === 3_600_000);
    const call = client.request("tools/call", { name: "slow__a" }, { id: "slow" });
    // It began earlier, and outlives one that may take no longer than all.
    expect(await client.request("tools/call", { name: "deaf__a" })).toMatchObject({ error: { data: { reason: "CALL_TIMEOUT" } } });
    gate.resolve('{"jsonrpc":"2.0","id":"slow","result":{}}');
    expect(await call).toMatchObject({ id: "slow", result: {} });
  });

  test("one that cannot be connected to is failed, says why, and stops no other", async () => {
    const bad = () => {
      throw new Error("BUILTIN_UNKNOWN");
    };
    await using gateway = await openGateway({ servers: { bad, one: tools("a") } });
    const client = await initialized(gateway);
    expect(await client.toolNames()).toEqual(["one__a"]);
    expect(handles(gateway)).toEqual(["bad failed", "one ready"]);
    expect(gateway.failures).toHaveLength(1);
    expect((await client.send("tools/call", { name: "bad__x" })).status).toBe(503);
  });

  test("a change that touches nothing of them leaves every connection as it is", async () => {
    const servers = { one: tools("a"), two: tools("b") };
    await using gateway = await openGateway({ servers });
    const read = gateway.control.snapshotsRead;
    const before = gateway.gateway.pipeline.served.project("demo");
    gateway.control.announce("servers");
    await until(() => gateway.control.snapshotsRead > read);
    expect([servers.one.closed, servers.two.closed]).toEqual([0, 0]);
    expect(gateway.gateway.pipeline.served.project("demo")).toBe(before as NonNullable<typeof before>);
  });
});

describe("projects", () => {
  test("a server that is attached or detached is told to clients who may view it, and to nobody else", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a"), two: tools("b") }, projects: { demo: ["one"], other: ["one"] } });
    const client = await initialized(gateway);
    const blind = await initialized(gateway, {
      token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers", name: "one" }] }),
    });
    const elsewhere = await initialized(gateway, { path: "/mcp", token: gateway.control.issue("other") });
    const [seeing, unseeing, far] = [readEvents(await client.get()), readEvents(await blind.get()), readEvents(await elsewhere.get())];
    gateway.control.change({ projects: [testProject("demo", ["one", "two"]), testProject("other", ["one"])] }, "projects");
    expect(await seeing.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["one__a", "two__b"]);
    expect(await blind.toolNames()).toEqual(["one__a"]);
    gateway.control.change({ projects: [testProject("demo", ["two"]), testProject("other", [])] }, "projects");
    // The first thing that each of them hears is the loss of the server that they see.
    for (const events of [seeing, unseeing, far]) expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["two__b"]);
  });

  test("a new one is served, and a deleted one ends its sessions for good", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const token = gateway.control.logIn("ann", { bindings: [{ role: "edit", resource: "*" }] });
    const client = await initialized(gateway, { token });
    const events = readEvents(await client.get());
    gateway.control.change({ projects: [testProject("fresh", ["one"])] }, "projects");
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect((await client.send("ping")).status).toBe(404);
    expect((await (await initialized(gateway, { path: "/projects/fresh/mcp", token })).send("tools/list")).status).toBe(200);
    // Another project of the same name is another project.
    gateway.control.change({ projects: [{ ...testProject("demo", ["one"]), id: "prj_another" }] }, "projects");
    await until(() => gateway.gateway.pipeline.served.project("demo") !== undefined);
    expect((await client.send("ping")).status).toBe(404);
    expect((await (await initialized(gateway, { token })).send("ping")).status).toBe(200);
  });
});

describe("credentials", () => {
  test("a revoked token is refused at once, though its answer was kept, and another token's answer stays", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const other = await initialized(gateway, { token: gateway.control.issue("demo") });
    const client = await initialized(gateway);
    const sha = hashToken(gateway.token);
    gateway.control.grants.delete(gateway.token);
    expect((await client.send("ping")).status).toBe(200);
    gateway.control.announce("mcptokens", sha);
    expect((await client.send("ping")).status).toBe(401);
    const before = gateway.control.asked.length;
    expect((await other.send("ping")).status).toBe(200);
    expect(gateway.control.asked.length).toBe(before);
  });

  test("the stream of a revoked token ends, and that of another goes on", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const other = readEvents(await (await initialized(gateway, { token: gateway.control.issue("demo") })).get());
    const client = await initialized(gateway);
    const mine = readEvents(await client.get());
    gateway.control.grants.delete(gateway.token);
    gateway.control.announce("mcptokens", hashToken(gateway.token));
    await expect(mine.next()).rejects.toThrow("the stream has ended");
    expect((await client.get()).status).toBe(401);
    gateway.control.change({ projects: [testProject("demo", [])] });
    expect(await other.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  });

  test.each(["rbac", "users", "groups", "sessions", "jwts", "projects", "gateways"] as const)(
    "a change of %s takes effect on the next request",
    async (kind) => {
      await using gateway = await openGateway({ servers: { one: tools("a") } });
      const client = await initialized(gateway);
      expect((await client.send("tools/list")).status).toBe(200);
      const grant = gateway.control.grants.get(gateway.token);
      if (grant !== undefined) gateway.control.grants.set(gateway.token, { ...grant, bindings: [] });
      expect((await client.send("tools/list")).status).toBe(200);
      gateway.control.announce(kind);
      expect((await client.send("tools/list")).status).toBe(403);
    },
  );

  test("a gap in the revisions, or another revision after a loss, drops every answer; a loss alone drops none", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    const asks = async () => {
      const before = gateway.control.asked.length;
      await client.send("ping");
      return gateway.control.asked.length - before;
    };
    const { revision } = gateway.control.current;
    gateway.control.tell({ kind: "lost" });
    expect(await asks()).toBe(0);
    gateway.control.tell({ kind: "connected", revision });
    expect(await asks()).toBe(0);
    gateway.control.tell({ kind: "connected", revision: revision + 4 });
    expect(await asks()).toBe(1);
    gateway.control.tell({ kind: "changed", event: { revision: revision + 5, touched: [{ kind: "keys", ref: "" }] } });
    expect(await asks()).toBe(0);
    gateway.control.tell({ kind: "changed", event: { revision: revision + 7, touched: [{ kind: "keys", ref: "" }] } });
    expect(await asks()).toBe(1);
  });

  test("while the stream is lost a revocation shows within the positive time", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    gateway.control.tell({ kind: "lost" });
    gateway.control.grants.delete(gateway.token);
    gateway.time.ms += 29_999;
    expect((await client.send("ping")).status).toBe(200);
    gateway.time.ms += 1;
    expect((await client.send("ping")).status).toBe(401);
  });

  test("the times for which answers serve are settings", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") }, settings: { grantTtlMs: { positive: 100, negative: 10 } } });
    const client = await initialized(gateway);
    gateway.control.grants.delete(gateway.token);
    gateway.time.ms += 100;
    expect((await client.send("ping")).status).toBe(401);
    gateway.control.issue("demo");
    const before = gateway.control.asked.length;
    gateway.time.ms += 9;
    await client.send("ping");
    expect(gateway.control.asked.length).toBe(before);
    gateway.time.ms += 1;
    await client.send("ping");
    expect(gateway.control.asked.length).toBe(before + 1);
  });
});

describe("sessions", () => {
  test("one that another gateway has ended ends here, with its stream", async () => {
    await using here = await openGateway({ servers: { one: tools("a") } });
    await using there = await here.restart();
    const client = await initialized(here);
    const events = readEvents(await client.get());
    const elsewhere = there.client();
    elsewhere.sessionId = client.sessionId;
    expect((await elsewhere.end()).status).toBe(204);
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect((await client.send("ping")).status).toBe(404);
  });

  test("after a gap those that ended in it are read anew", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    await client.send("ping");
    const [held] = gateway.gateway.pipeline.sessions.held();
    gateway.control.tell({ kind: "lost" });
    gateway.control.ended.set(hashToken(held?.claims.id ?? ""), new Date(gateway.time.ms + 60_000));
    expect((await client.send("ping")).status).toBe(200);
    gateway.control.tell({ kind: "connected", revision: 99 });
    await until(async () => (await client.send("ping")).status === 404);
  });
});

describe("a control plane that is away", () => {
  test("leaves what is served as it is, and its change is taken over when it is back", async () => {
    const servers = { one: tools("a"), two: tools("b") };
    await using gateway = await openGateway({ servers, projects: { demo: ["one"] }, disabled: ["two"] });
    const client = await initialized(gateway);
    gateway.control.down = true;
    gateway.control.change({ servers: [testServer("one"), testServer("two")], projects: [testProject("demo", ["one", "two"])] });
    await until(() => gateway.failures.length >= 3);
    expect(await client.toolNames()).toEqual(["one__a"]);
    gateway.control.down = false;
    await until(async () => (await client.toolNames()).length === 2);
  });

  test("many changes at once are taken over together, and the last is never missed", async () => {
    const one = tools("a");
    await using gateway = await openGateway({ servers: { one }, settings: { gatherChangesMs: 5 } });
    const read = gateway.control.snapshotsRead;
    for (let nth = 1; nth <= 50; nth += 1) gateway.control.change({ servers: [{ ...testServer("one"), rateLimit: nth }] });
    const limit = () => gateway.gateway.pipeline.served.server("one")?.host.definition.rateLimit;
    await until(() => limit() === 50);
    expect(gateway.control.snapshotsRead - read).toBeLessThanOrEqual(2);
  });

  test("after close nothing is read and nothing starts", async () => {
    const gateway = await openGateway({ servers: { one: tools("a") } });
    await gateway.gateway.close();
    const read = gateway.control.snapshotsRead;
    gateway.control.change({ servers: [] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(gateway.control.snapshotsRead).toBe(read);
  });
});
