/** `/api/v1/projects/:project/servers/:server/mcp`: what gateways apart from mcpd call. */
import { expect, test } from "bun:test";
import { initialized, openGateway } from "./gateway.fixture.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";

const setup = () =>
  openGateway({
    servers: {
      one: new ScriptedServer({ lists: { tools: [toolText("read")] } }),
      two: new ScriptedServer({ lists: { tools: [toolText("read")] } }),
    },
    projects: { demo: ["one"], other: ["one", "two"] },
    rateLimits: { one: 2 },
  });

const pathOf = (project: string, server: string) => `/api/v1/projects/${project}/servers/${server}/mcp`;

test("a server of a project is called by its own names, for a token as for a person, and the audit says so", async () => {
  await using gateway = await setup();
  const person = gateway.control.logIn("ann");
  for (const token of [gateway.token, person]) {
    const client = await initialized(gateway, { path: pathOf("demo", "one"), token });
    expect(await client.toolNames()).toEqual(["read"]);
    expect((await client.send("tools/call", { name: "read", arguments: {} })).status).toBe(200);
  }
  const calls = gateway.control.audited.filter(({ kind }) => kind === "tool_call_trace");
  expect(calls).toHaveLength(2);
  for (const call of calls) expect(call).toMatchObject({ project: "demo", server: "one", tool: "read", outcome: "ok" });
});

test("another project's path is 403 to a token, and a server that is not in the project is 404 to all", async () => {
  await using gateway = await setup();
  const person = gateway.control.logIn("ann");
  const ask = async (path: string, token: string) => {
    const response = await gateway.client({ path, token }).send("initialize", { protocolVersion: "2025-11-25" });
    const { error } = (await response.json()) as { error?: { code: unknown } };
    return [response.status, error?.code];
  };
  expect(await ask(pathOf("other", "one"), gateway.token)).toEqual([403, "forbidden"]);
  expect(await ask(pathOf("nowhere", "one"), gateway.token)).toEqual([403, "forbidden"]);
  for (const path of [pathOf("demo", "two"), pathOf("nowhere", "one"), pathOf("demo", "none")]) {
    expect(await ask(path, person)).toEqual([404, "server_not_found"]);
  }
  const stranger = gateway.control.logIn("bob", { bindings: [] });
  expect(await ask(pathOf("demo", "one"), stranger)).toEqual([404, "server_not_found"]);
});

test("a session of one project's server opens neither another project's nor the project itself", async () => {
  await using gateway = await setup();
  const person = gateway.control.logIn("ann");
  const client = await initialized(gateway, { path: pathOf("other", "one"), token: person });
  for (const path of [pathOf("demo", "one"), pathOf("other", "two"), "/projects/other/mcp", "/api/v1/mcp/one"]) {
    const other = gateway.client({ path, token: person });
    other.sessionId = client.sessionId;
    expect((await other.send("tools/list")).status).toBe(404);
  }
  expect((await client.send("tools/list")).status).toBe(200);
  expect((await client.end()).status).toBe(204);
  expect((await client.send("tools/list")).status).toBe(404);
});

test("rates are counted with the calls of the other routes", async () => {
  await using gateway = await setup();
  const [project, server] = [await initialized(gateway), await initialized(gateway, { path: pathOf("demo", "one") })];
  expect((await project.send("tools/call", { name: "one__read", arguments: {} })).status).toBe(200);
  expect((await server.send("tools/call", { name: "read", arguments: {} })).status).toBe(200);
  expect((await server.send("tools/call", { name: "read", arguments: {} })).status).toBe(429);
});
