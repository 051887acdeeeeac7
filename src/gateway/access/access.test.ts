/** Who may do what through the gateway. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { generateCredential } from "../../core/credential.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { type GrantOptions, initialized, openGateway, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

let gateway: TestGateway;
let servers: Record<string, ScriptedServer>;

beforeAll(async () => {
  const make = (name: string) =>
    new ScriptedServer({
      initialized: { instructions: `how to use ${name}` },
      lists: { tools: [toolText("read"), toolText("x".repeat(80))], prompts: ['{"name":"p"}'], resources: [`{"uri":"x://${name}"}`] },
    });
  servers = { one: make("one"), two: make("two"), far: make("far") };
  gateway = await openGateway({ servers, projects: { demo: ["one", "two"], other: ["far"], empty: [] } });
});

afterAll(() => gateway[Symbol.asyncDispose]());

const on = (role: "view" | "run" | "edit", name?: string): RoleBinding => ({
  role,
  resource: "servers",
  ...(name === undefined ? {} : { name }),
});

async function refusalOf(response: Response) {
  const { error } = (await response.json()) as { error: { code: unknown; message: string } };
  return { status: response.status, code: error.code, message: error.message };
}

const tokenClient = (options: GrantOptions, path?: string) =>
  initialized(gateway, { token: gateway.control.issue("demo", options), ...(path === undefined ? {} : { path }) });

const READS = [
  ["tools/list", {}],
  ["prompts/list", {}],
  ["resources/list", {}],
  ["resources/templates/list", {}],
  ["prompts/get", { name: "one__p" }],
  ["resources/read", { uri: "x://one" }],
  ["completion/complete", { ref: { type: "ref/prompt", name: "one__p" }, argument: { name: "a", value: "" } }],
  ["completion/complete", { ref: { type: "ref/resource", uri: "x://one" }, argument: { name: "a", value: "" } }],
] as const;

describe("a token without any binding", () => {
  test("opens a session, pings and notifies, and can do nothing else: deny by default", async () => {
    const client = await tokenClient({ bindings: [] });
    expect(client.sessionId).toBeString();
    expect(await client.request("ping")).toMatchObject({ result: {} });
    expect((await client.notify("notifications/initialized", {})).status).toBe(202);
    const before = servers.one?.calls.length;
    for (const [method, params] of [...READS, ["tools/call", { name: "one__read" }] as const]) {
      expect(await refusalOf(await client.send(method, params))).toMatchObject({ status: 403, code: "forbidden" });
    }
    expect(servers.one?.calls.length).toBe(before as number);
    expect((await client.get()).status).toBe(200);
    expect((await client.end()).status).toBe(204);
  });

  test("is told in a list that it may view none of the project's servers, not that there are none", async () => {
    const { message } = await refusalOf(await (await tokenClient({ bindings: [] })).send("tools/list"));
    expect(message).toContain("may view none of the servers of project demo");
  });

  test("gets an empty list of a project that has no servers", async () => {
    const client = await initialized(gateway, { path: "/mcp", token: gateway.control.issue("empty", { bindings: [] }) });
    expect(await client.toolNames()).toEqual([]);
  });

  test("learns nothing of servers from what initialize says", async () => {
    const all = await gateway.client().initialize();
    expect(all.result.instructions).toContain("how to use one");
    const none = await gateway.client({ token: gateway.control.issue("demo", { bindings: [] }) }).initialize();
    expect(none.result.instructions).toBeUndefined();
  });

  test("finds no server on a server's own route", async () => {
    const client = gateway.client({ path: "/api/v1/mcp/one", token: gateway.control.issue("demo", { bindings: [] }) });
    expect(await refusalOf(await client.send("initialize", {}))).toMatchObject({ status: 404, code: "server_not_found" });
  });
});

describe("lists", () => {
  test("show the servers that the caller may view, and no others", async () => {
    const client = await tokenClient({ bindings: [on("view", "two")] });
    const names = await client.toolNames();
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toStartWith("two__");
    expect((await client.request("prompts/list")).result.prompts).toEqual([{ name: "two__p" }]);
    expect((await client.request("resources/list")).result.resources).toEqual([{ uri: "x://two" }]);
  });

  test("of a token show what its bindings and its owner's have in common", async () => {
    const client = await tokenClient({ bindings: [on("view")], ownerBindings: [on("view", "one"), on("view", "far")] });
    expect((await client.request("resources/list")).result.resources).toEqual([{ uri: "x://one" }]);
  });

  test("edit implies view and run, and run implies no view", async () => {
    const editor = await tokenClient({ bindings: [on("edit", "one")] });
    expect((await editor.request("resources/list")).result.resources).toEqual([{ uri: "x://one" }]);
    expect(await editor.request("tools/call", { name: "one__read" })).toMatchObject({ result: { asked: "tools/call" } });
    const runner = await tokenClient({ bindings: [on("run")] });
    expect((await runner.send("tools/list")).status).toBe(403);
    expect(await runner.request("tools/call", { name: "one__read" })).toMatchObject({ result: { asked: "tools/call" } });
  });
});

describe("calls", () => {
  test("need run on the server, also where its tools are listed", async () => {
    const client = await tokenClient({ bindings: [on("view"), on("run", "two")] });
    expect(await client.request("tools/call", { name: "two__read" })).toMatchObject({ result: { asked: "tools/call" } });
    expect(await refusalOf(await client.send("tools/call", { name: "one__read" }))).toEqual({
      status: 403,
      code: "forbidden",
      message: expect.stringContaining("may not run servers/one"),
    });
  });

  test("are judged by the server that a shortened name leads to", async () => {
    const long = (await (await tokenClient({})).toolNames()).find((name) => name.startsWith("one__x")) ?? "";
    expect(long).toHaveLength(64);
    const client = await tokenClient({ bindings: [on("view"), on("run", "two")] });
    expect((await client.send("tools/call", { name: long })).status).toBe(403);
    expect((await client.send("tools/call", { name: long.replace("one__", "two__") })).status).toBe(200);
  });

  test("tell who may not use a server the same of one that does not exist", async () => {
    const client = await tokenClient({ bindings: [on("view", "two")] });
    const of = async (server: string) => {
      const refusal = await refusalOf(await client.send("tools/call", { name: `${server}__read` }));
      return { ...refusal, message: refusal.message.replace(server, "S") };
    };
    expect(await of("nowhere")).toEqual(await of("one"));
  });

  test("may not reach a server of another project by its name", async () => {
    const client = await tokenClient({});
    const before = servers.far?.calls.length;
    expect(await client.request("tools/call", { name: "far__read" })).toMatchObject({ error: { code: -32602 } });
    expect(servers.far?.calls.length).toBe(before as number);
  });

  test("on a server's own route: visible and not runnable is 403, invisible is 404 as if unknown", async () => {
    const path = "/api/v1/mcp/one";
    const viewer = await tokenClient({ bindings: [on("view", "one")] }, path);
    expect(await viewer.toolNames()).toEqual(["read", "x".repeat(80)]);
    expect(await refusalOf(await viewer.send("tools/call", { name: "read" }))).toMatchObject({ status: 403, code: "forbidden" });
    const blind = gateway.client({ path, token: gateway.control.issue("demo", { bindings: [on("run", "one"), on("view", "two")] }) });
    const missing = gateway.client({ path: "/api/v1/mcp/none", token: blind.token });
    const [hidden, unknown] = [await refusalOf(await blind.send("initialize", {})), await refusalOf(await missing.send("initialize", {}))];
    expect(hidden).toMatchObject({ status: 404, code: "server_not_found" });
    expect({ ...hidden, message: hidden.message.replace("one", "none") }).toEqual(unknown);
  });

  test("prompts, resources and completions need view on the server that they lead to", async () => {
    const client = await tokenClient({ bindings: [on("view", "two")] });
    expect((await client.send("prompts/get", { name: "one__p" })).status).toBe(403);
    expect(await client.request("prompts/get", { name: "two__p" })).toMatchObject({ result: { asked: "prompts/get" } });
    const completion = { ref: { type: "ref/prompt", name: "one__p" }, argument: { name: "a", value: "" } };
    expect((await client.send("completion/complete", completion)).status).toBe(403);
    const before = servers.one?.calls.length;
    await client.request("resources/read", { uri: "x://one" });
    await client.request("resources/read", { uri: "mcpctl+one:x://one" });
    expect(servers.one?.calls.length).toBe(before as number);
  });
});

describe("scopes", () => {
  test("lists and reads take mcp:read, calls mcp:call, and neither is enough for the other", async () => {
    const reader = await tokenClient({ scopes: ["mcp:read"] });
    const caller = await tokenClient({ scopes: ["mcp:call"] });
    for (const [method, params] of READS) {
      expect((await reader.send(method, params)).status).toBe(200);
      expect(await refusalOf(await caller.send(method, params))).toMatchObject({ status: 403, code: "scope_denied" });
    }
    expect((await caller.send("tools/call", { name: "one__read" })).status).toBe(200);
    expect(await refusalOf(await reader.send("tools/call", { name: "one__read" }))).toMatchObject({
      status: 403,
      code: "scope_denied",
      message: expect.stringContaining("mcp:call"),
    });
  });

  test("without any, a session can be opened, used for ping and ended", async () => {
    const client = await tokenClient({ scopes: [] });
    expect(await client.request("ping")).toMatchObject({ result: {} });
    expect((await client.end()).status).toBe(204);
  });

  test("the scope is missing also where the tool does not exist", async () => {
    const client = await tokenClient({ scopes: ["mcp:read"] });
    expect((await client.send("tools/call", { name: "nothing" })).status).toBe(403);
  });
});

describe("allowed servers of a credential", () => {
  test("others are refused with server_denied and are in no list", async () => {
    const client = await tokenClient({ allowServers: ["two"] });
    expect((await client.request("resources/list")).result.resources).toEqual([{ uri: "x://two" }]);
    expect(await client.request("tools/call", { name: "two__read" })).toMatchObject({ result: {} });
    for (const [method, params] of [["tools/call", { name: "one__read" }] as const, ["prompts/get", { name: "one__p" }] as const]) {
      expect(await refusalOf(await client.send(method, params))).toMatchObject({ status: 403, code: "server_denied" });
    }
  });

  test("on a server's own route they decide before anybody hears whether the server exists", async () => {
    const token = gateway.control.issue("demo", { allowServers: ["two"] });
    for (const handle of ["one", "nowhere"]) {
      const client = gateway.client({ path: `/api/v1/mcp/${handle}`, token });
      expect(await refusalOf(await client.send("initialize", {}))).toMatchObject({ status: 403, code: "server_denied" });
    }
  });

  test("none of a project's is server_denied in its lists", async () => {
    const client = await tokenClient({ allowServers: [] });
    expect(await refusalOf(await client.send("tools/list"))).toMatchObject({ status: 403, code: "server_denied" });
  });
});

describe("people and JWTs", () => {
  const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJib3QifQ.c2ln";
  const admit = (credential: string, bindings: readonly RoleBinding[]) =>
    gateway.control.admit(credential, { kind: "jwt", id: `jwt_${credential.length}`, name: "bot" }, { bindings });

  test("a JWT with scopes initializes a server with the documented body and calls its tools, without an Accept header", async () => {
    admit(jwt, [on("view", "far"), on("run", "far")]);
    const client = gateway.client({ path: "/api/v1/mcp/far", token: jwt });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "runbook", version: "1.0.0" } };
    const response = await client.send("initialize", params);
    expect(response.status).toBe(200);
    expect(((await response.clone().json()) as { result: object }).result).toMatchObject({ protocolVersion: "2025-11-25" });
    client.sessionId = response.headers.get("mcp-session-id") ?? undefined;
    expect(await client.request("tools/call", { name: "read" })).toMatchObject({ result: { asked: "tools/call" } });
  });

  test("a JWT that nobody vouches for is 401", async () => {
    const response = await gateway
      .client({ path: "/api/v1/mcp/far", token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x" })
      .send("initialize", {});
    expect(await refusalOf(response)).toMatchObject({ status: 401, code: "unauthenticated" });
  });

  test("a person's session works on a project of which they may view a server, and shows those servers", async () => {
    const token = gateway.control.logIn("ann", { bindings: [on("view", "one"), on("view", "far")] });
    const client = await initialized(gateway, { path: "/projects/demo/mcp", token });
    expect((await client.request("resources/list")).result.resources).toEqual([{ uri: "x://one" }]);
    const other = await initialized(gateway, { path: "/projects/other/mcp", token });
    expect((await other.request("resources/list")).result.resources).toEqual([{ uri: "x://far" }]);
  });

  test("who may view the project alone gets in, and is refused its lists", async () => {
    const token = gateway.control.logIn("pat", { bindings: [{ role: "view", resource: "projects", name: "demo" }] });
    const client = await initialized(gateway, { path: "/projects/demo/mcp", token });
    expect((await client.send("tools/list")).status).toBe(403);
    const nowhere = await gateway.client({ path: "/projects/other/mcp", token }).send("initialize", {});
    expect(nowhere.status).toBe(403);
  });

  test("who may view nothing of a project cannot tell it from one that does not exist", async () => {
    const token = gateway.control.logIn("bob", { bindings: [on("view", "far")] });
    const of = async (project: string) => {
      const refusal = await refusalOf(await gateway.client({ path: `/projects/${project}/mcp`, token }).send("initialize", {}));
      return { ...refusal, message: refusal.message.replace(project, "P") };
    };
    expect(await of("demo")).toMatchObject({ status: 403, code: "forbidden" });
    expect(await of("demo")).toEqual(await of("nowhere"));
  });

  test("on /mcp the project is a token's alone", async () => {
    const client = gateway.client({ path: "/mcp", token: gateway.control.logIn("eve") });
    expect(await refusalOf(await client.send("initialize", {}))).toMatchObject({ status: 403, code: "forbidden" });
  });

  test("a session belongs to the kind of principal that opened it, not to an id alone", async () => {
    const mine = await initialized(gateway, { path: "/projects/demo/mcp", token: gateway.control.logIn("sam") });
    const token = gateway.control.admit(generateCredential("session"), { kind: "jwt", id: "usr_sam", name: "sam" });
    const theirs = gateway.client({ path: "/projects/demo/mcp", token });
    theirs.sessionId = mine.sessionId;
    expect((await theirs.send("ping")).status).toBe(404);
    expect((await mine.send("ping")).status).toBe(200);
  });
});

describe("views", () => {
  test("callers who see the same share one, so that its texts are made once", async () => {
    const project = gateway.gateway.pipeline.served.project("demo");
    const callerOf = async (options: GrantOptions) => {
      const client = await tokenClient(options);
      await client.toolNames();
      const session = [...gateway.gateway.pipeline.sessions.held()].at(-1);
      return session?.caller;
    };
    const all = await callerOf({});
    const same = await callerOf({ bindings: [{ role: "edit", resource: "*" }] });
    const part = await callerOf({ bindings: [on("view", "one")] });
    const samePart = await callerOf({ bindings: [on("edit", "one")], allowServers: ["one", "far"] });
    const view = (caller: typeof all) => (caller === undefined ? undefined : project?.viewFor(caller));
    expect(view(all)).toBeDefined();
    expect(view(all)).toBe(view(same));
    expect(view(part)).not.toBe(view(all));
    expect(view(part)).toBe(view(samePart));
  });
});

test("whatever a token is bound to, lists show and calls reach what bindings, owner and cap allow, and nothing else", async () => {
  const name = fc.option(fc.constantFrom("one", "two", "far"), { nil: undefined });
  const binding = fc.record({
    role: fc.constantFrom("view", "run", "edit", "create"),
    resource: fc.constantFrom("servers", "projects", "*"),
    name,
  });
  const bindings = fc.array(binding, { maxLength: 4 }) as fc.Arbitrary<RoleBinding[]>;
  const cap = fc.option(fc.subarray(["one", "two", "far"]), { nil: undefined });
  const allows = (some: readonly RoleBinding[], verb: "view" | "run", handle: string) =>
    some.some(
      (each) =>
        "role" in each &&
        (each.role === verb || each.role === "edit") &&
        (each.resource === "servers" || each.resource === "*") &&
        (each.name === undefined || each.name === handle),
    );
  await fc.assert(
    fc.asyncProperty(bindings, bindings, cap, async (own, owner, allowServers) => {
      const client = await tokenClient({ bindings: own, ownerBindings: owner, ...(allowServers === undefined ? {} : { allowServers }) });
      const may = (verb: "view" | "run", handle: string) =>
        allows(own, verb, handle) && allows(owner, verb, handle) && allowServers?.includes(handle) !== false;
      const visible = ["one", "two"].filter((handle) => may("view", handle));
      const list = await client.send("resources/list");
      expect(list.status).toBe(visible.length === 0 ? 403 : 200);
      if (list.status === 200) {
        const { result } = (await list.json()) as { result: { resources: { uri: string }[] } };
        expect(result.resources.map(({ uri }) => uri)).toEqual(visible.map((handle) => `x://${handle}`));
      }
      for (const handle of ["one", "two"]) {
        const reached = servers[handle]?.calls.length ?? 0;
        const { status } = await client.send("tools/call", { name: `${handle}__read` });
        expect(status).toBe(may("run", handle) ? 200 : 403);
        expect((servers[handle]?.calls.length ?? 0) - reached).toBe(may("run", handle) ? 1 : 0);
      }
    }),
    { numRuns: 200 },
  );
});

describe("in a batch", () => {
  test("each message is judged by itself, and a refusal is its answer", async () => {
    const client = gateway.client({ token: gateway.control.issue("demo", { bindings: [on("view"), on("run", "two")] }) });
    await client.initialize("2025-03-26");
    const call = (id: number, name: string) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });
    const answers = await (await client.post(JSON.stringify([call(1, "one__read"), call(2, "two__read")]))).json();
    expect(answers).toMatchObject([
      { id: 1, error: { code: -31003, message: expect.stringContaining("may not run servers/one") } },
      { id: 2, result: { asked: "tools/call" } },
    ]);
  });
});
