/** What configuration and servers say of scopes and of the servers that are served. */
import { describe, expect, test } from "bun:test";
import { type GrantOptions, initialized, openGateway, type TestGateway } from "../gateway.fixture.ts";
import { compileScopes, scopesOfTable } from "../policy/scope-map.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

const scripted = (name: string) => new ScriptedServer({ lists: { tools: [toolText("a")], resources: [`{"uri":"x://${name}"}`] } });

async function verdict(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return error === undefined ? String(response.status) : `${response.status} ${String(error.code)}`;
}

const clientWith = (gateway: TestGateway, options: GrantOptions, path?: string) =>
  initialized(gateway, { token: gateway.control.issue("demo", options), ...(path === undefined ? {} : { path }) });

const READER: GrantOptions = { scopes: ["mcp:read"] };
const ADMIN: GrantOptions = { scopes: ["mcp:read", "mcp:call", "mcp:admin"] };

describe("a method that no map names", () => {
  test("takes mcp:admin, and is unknown to those who have it", async () => {
    await using gateway = await openGateway({ servers: { one: scripted("one") } });
    for (const path of ["/projects/demo/mcp", "/api/v1/mcp/one"]) {
      const client = await clientWith(gateway, {}, path);
      for (const method of ["admin/reload", "tools/delete", "TOOLS/LIST"])
        expect(await verdict(await client.send(method))).toBe("403 scope_denied");
      expect(await verdict(await (await clientWith(gateway, ADMIN, path)).send("admin/reload"))).toBe("200 -32601");
    }
  });
});

describe("the configuration's scope map", () => {
  test("decides for every server that has none of its own", async () => {
    const scopes = scopesOfTable({ "mcp:read": ["tools/*"], "mcp:admin": ["*"] });
    await using gateway = await openGateway({ servers: { one: scripted("one") }, policy: { scopes } });
    for (const [path, name] of [
      ["/projects/demo/mcp", "one__a"],
      ["/api/v1/mcp/one", "a"],
    ] as const) {
      const client = await clientWith(gateway, READER, path);
      expect(await verdict(await client.send("tools/call", { name }))).toBe("200");
      expect(await verdict(await client.send("resources/list"))).toBe("403 scope_denied");
    }
  });

  test("may take initialize in, and ping and notifications never", async () => {
    const scopes = compileScopes([
      ["initialize", "mcp:call"],
      ["*", "mcp:admin"],
    ]);
    await using gateway = await openGateway({ servers: { one: scripted("one") }, policy: { scopes } });
    for (const path of ["/projects/demo/mcp", "/api/v1/mcp/one", "/emcp/one"]) {
      const reader = gateway.client({ path, token: gateway.control.issue("demo", READER) });
      expect(await verdict(await reader.send("initialize", { protocolVersion: "2025-11-25" }))).toBe("403 scope_denied");
      const caller = await clientWith(gateway, { scopes: ["mcp:call"] }, path);
      expect(await verdict(await caller.send("ping"))).toBe("200");
      expect((await caller.notify("notifications/initialized", {})).status).toBe(202);
      expect(await verdict(await caller.send("tools/list"))).toBe("403 scope_denied");
    }
  });
});

describe("a server's scope map", () => {
  const servers = () => ({ one: scripted("one"), two: scripted("two") });
  const closed = { scopes: { "tools/call": "mcp:admin", "*": "mcp:read" } } as const;

  test("takes the place of the configuration's for what reaches that server, on each route", async () => {
    await using gateway = await openGateway({ servers: servers(), policies: { one: closed } });
    const client = await clientWith(gateway, {});
    expect(await verdict(await client.send("tools/call", { name: "one__a" }))).toBe("403 scope_denied");
    expect(await verdict(await client.send("tools/call", { name: "two__a" }))).toBe("200");
    expect(await verdict(await (await clientWith(gateway, {}, "/api/v1/mcp/one")).send("tools/call", { name: "a" }))).toBe(
      "403 scope_denied",
    );
    expect(await verdict(await (await clientWith(gateway, ADMIN)).send("tools/call", { name: "one__a" }))).toBe("200");
  });

  test("as a whole: what it does not name takes mcp:admin, whatever the configuration says", async () => {
    await using gateway = await openGateway({ servers: servers(), policies: { one: { scopes: { "tools/call": "mcp:read" } } } });
    const reader = await clientWith(gateway, READER);
    expect(await verdict(await reader.send("tools/call", { name: "one__a" }))).toBe("200");
    expect(await verdict(await reader.send("tools/call", { name: "two__a" }))).toBe("403 scope_denied");
    expect(await verdict(await (await clientWith(gateway, READER, "/api/v1/mcp/one")).send("tools/list"))).toBe("403 scope_denied");
  });

  test("leaves the server out of a project's list for those whom it does not admit, and the list stands for the others", async () => {
    const listsTakeAdmin = { scopes: { "tools/list": "mcp:admin", "*": "mcp:read" } } as const;
    await using gateway = await openGateway({ servers: servers(), policies: { one: listsTakeAdmin } });
    const client = await clientWith(gateway, {});
    expect(await client.toolNames()).toEqual(["two__a"]);
    expect((await client.request("resources/list")).result.resources).toHaveLength(2);
    expect(await (await clientWith(gateway, ADMIN)).toolNames()).toEqual(["one__a", "two__a"]);
    expect(await client.toolNames()).toEqual(["two__a"]);
  });

  test("opens a list that the configuration keeps closed, for the servers that say so", async () => {
    const scopes = scopesOfTable({ "mcp:admin": ["*"] });
    const open = { scopes: { "tools/list": "mcp:read" } } as const;
    await using gateway = await openGateway({ servers: servers(), policies: { two: open }, policy: { scopes } });
    expect(await (await clientWith(gateway, READER)).toolNames()).toEqual(["two__a"]);
    expect(await verdict(await (await clientWith(gateway, READER)).send("resources/list"))).toBe("403 scope_denied");
  });

  test("takes effect with the next request when it is changed", async () => {
    await using gateway = await openGateway({ servers: servers() });
    const client = await clientWith(gateway, {});
    expect(await verdict(await client.send("tools/call", { name: "one__a" }))).toBe("200");
    const [one, two] = gateway.control.current.servers;
    if (one === undefined || two === undefined) throw new Error("two servers");
    gateway.control.change({ servers: [{ ...one, policy: closed }, two] });
    while (gateway.gateway.pipeline.served.server("one")?.host.definition.policy.scopes === undefined) await Bun.sleep(0);
    expect(await verdict(await client.send("tools/call", { name: "one__a" }))).toBe("403 scope_denied");
  });
});

describe("servers that the configuration does not name", () => {
  const open = () =>
    openGateway({
      servers: { one: scripted("one"), "crm-a": scripted("crm-a"), "crm-b": scripted("crm-b") },
      policy: { allowServers: ["crm-*"] },
    });

  test("are in no list and answer 403 server_denied, on each route", async () => {
    await using gateway = await open();
    const client = await clientWith(gateway, {});
    expect(await client.toolNames()).toEqual(["crm-a__a", "crm-b__a"]);
    expect(await verdict(await client.send("tools/call", { name: "one__a" }))).toBe("403 server_denied");
    expect(await verdict(await client.send("tools/call", { name: "crm-a__a" }))).toBe("200");
    for (const path of ["/api/v1/mcp/one", "/emcp/one", "/api/v1/projects/demo/servers/one/mcp"]) {
      expect(await verdict(await gateway.client({ path }).send("initialize", {}))).toBe("403 server_denied");
    }
  });

  test("are not told to those who may not view them", async () => {
    await using gateway = await open();
    const token = gateway.control.issue("demo", { bindings: [] });
    expect(await verdict(await gateway.client({ path: "/api/v1/mcp/one", token }).send("initialize", {}))).toBe("404 server_not_found");
  });

  test("are not started, and their state says why", async () => {
    await using gateway = await open();
    expect(gateway.gateway.statuses()).toMatchObject([
      { handle: "one", state: "disabled", reason: expect.stringContaining("security.allow_servers") },
      { handle: "crm-a", state: "ready" },
      { handle: "crm-b", state: "ready" },
    ]);
    expect(gateway.gateway.pipeline.served.server("one")).toBeUndefined();
  });
});
