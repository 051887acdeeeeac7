import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { portOf } from "./support/ports.ts";
import { processesNaming } from "./support/process-table.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const SEARCH = "content__evo.content.search";
const TIMEOUT_MS = 60_000;
/** Soon enough for a test, and long enough for answers to be shared. */
const QUICK = { MCPLOCAL_TOKEN_POSITIVE_TTL_MS: "500", MCPLOCAL_TOKEN_NEGATIVE_TTL_MS: "100" };

const scratch = new Scratch("apart");
const gateways: GatewayProcess[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

function serve(mcpdUrl: string, env: Readonly<Record<string, string>> = {}): GatewayProcess {
  const gateway = new GatewayProcess(mcpdUrl, env);
  gateways.push(gateway);
  return gateway;
}

const endpointOf = (gateway: string, project = "demo") => `${gateway}/projects/${project}/mcp`;

async function statusOf(url: string, token: string): Promise<{ readonly status: number; readonly error: unknown }> {
  const { status, json } = await new McpCaller(url, token).initialize();
  return { status, error: json.error };
}

async function isOk(caller: McpCaller, tool: string, args: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
  const { json } = await caller.call(tool, args);
  return json.result !== undefined && json.result.isError !== true;
}

describe("a bare gateway", () => {
  let up: UpProcess;
  let ready: Ready;
  let admin: RestCaller;
  let url = "";
  let token = "";

  beforeAll(async () => {
    up = scratch.upWithReadyFile("bare");
    ready = await up.ready();
    admin = await RestCaller.logIn(ready);
    await admin.send("POST", "/projects", { name: "other", servers: ["content"] });
    token = await admin.makeToken("member", "demo");
    url = await serve(ready.api, QUICK).ready();
  }, TIMEOUT_MS);

  test("passes mcpctl test mcp, with the tools of a built-in and of a stdio server", async () => {
    const call = ["--expect-tools", SEARCH, "--tool", "files__list_allowed_directories"];
    const { exitCode, stdout } = await scratch.run("mcpctl", ["test", "mcp", endpointOf(url), ...call], { MCPCTL_TOKEN: token });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    const caller = await McpCaller.open(endpointOf(url), token);
    expect(await isOk(caller, SEARCH, { limit: 1 })).toBe(true);
    const direct = await McpCaller.open(endpointOf(ready.gateway), token);
    expect(await caller.toolNames()).toEqual(await direct.toolNames());
  });

  test("takes the project from the token on /mcp, and one server on the two routes of one server", async () => {
    expect(await isOk(await McpCaller.open(`${url}/mcp`, token), SEARCH, { limit: 1 })).toBe(true);
    for (const path of ["/api/v1/mcp/content", "/api/v1/projects/demo/servers/content/mcp"]) {
      expect(await isOk(await McpCaller.open(`${url}${path}`, token), "evo.content.search", { limit: 1 })).toBe(true);
    }
  });

  test("serves a person's session what it serves a token", async () => {
    const { token: session } = await new RestCaller(ready.api, "").send("POST", "/auth/login", { ...ready.admin, client: "cli" });
    expect(await isOk(await McpCaller.open(endpointOf(url, "other"), session), SEARCH, { limit: 1 })).toBe(true);
    expect(await statusOf(`${url}/mcp`, session)).toMatchObject({ status: 403, error: { code: "forbidden" } });
  });

  test("refuses a token of another project, one without rights and one that is unknown", async () => {
    expect(await statusOf(endpointOf(url, "other"), token)).toMatchObject({ status: 403, error: { code: "forbidden" } });
    const empty = await admin.makeToken("empty", "demo", []);
    const refused = await statusOf(endpointOf(url), empty);
    expect(refused).toMatchObject({ status: 403, error: { code: "forbidden", message: expect.stringContaining("view projects/demo") } });
    expect(await statusOf(endpointOf(url), `mcpctl_pat_${"x".repeat(43)}`)).toMatchObject({
      status: 401,
      error: { code: "unauthenticated" },
    });
  });

  test("refuses what the caller may not run, and passes on what a running server answers with", async () => {
    const bindings = [
      { role: "view", resource: "projects" },
      { role: "view", resource: "servers" },
    ];
    const reader = await McpCaller.open(endpointOf(url), await admin.makeToken("reader", "demo", bindings));
    expect(await reader.toolNames()).toContain(SEARCH);
    expect((await reader.call(SEARCH, { limit: 1 })).status).toBe(403);
    const caller = await McpCaller.open(endpointOf(url), token);
    expect((await caller.call("files__read_text_file", { path: "/etc/passwd" })).json.result.isError).toBe(true);
    expect((await caller.call("files__no_such_tool")).json.error.code).toBe(-32602);
  });

  test("ends a session for good, and its streams", async () => {
    const caller = await McpCaller.open(endpointOf(url), token);
    const stream = await caller.listen(new AbortController().signal);
    expect(stream.status).toBe(200);
    expect((await caller.end()).status).toBe(204);
    await stream.text();
    expect((await caller.call(SEARCH)).status).toBe(404);
  });

  test("sees a server that came into the project, without a restart", async () => {
    const before = await McpCaller.open(endpointOf(url), token);
    expect((await before.toolNames()).some((name) => name.startsWith("again__"))).toBe(false);
    await admin.send("POST", "/servers", { handle: "again", backing: { kind: "builtin", name: "content" }, projects: ["demo"] });
    await waitUntil("the new server's tools are there", async () => (await before.toolNames()).some((name) => name.startsWith("again__")));
  });

  test("what mcpd carries out for it is in the audit log, under the caller", async () => {
    const items = await waitUntil("the call is in the audit log", async () => {
      const found = await admin.send("GET", "/audit?kind=tool_call_trace&tokenName=member");
      return found.items.length > 0 ? found.items : undefined;
    });
    expect(items).toContainEqual(
      expect.objectContaining({ server: "content", tool: "evo.content.search", outcome: "ok", project: "demo" }),
    );
  });

  test("a revoked token is 401 when its answer has grown old, and its open stream ends", async () => {
    const short = await admin.makeToken("short", "demo");
    const caller = await McpCaller.open(endpointOf(url), short);
    const stream = await caller.listen(new AbortController().signal);
    expect(stream.status).toBe(200);
    await admin.revoke("short", "demo");
    await waitUntil("the token is refused", async () => (await statusOf(endpointOf(url), short)).status === 401, 5000);
    await stream.text();
  });

  test("without mcpd it serves what it knows, then says what is missing; it is back when mcpd is", async () => {
    const patient = serve(ready.api);
    const known = await McpCaller.open(endpointOf(await patient.ready()), token);
    const names = await known.toolNames();
    expect(names).toContain(SEARCH);
    expect(await up.stop()).toBe(0);
    expect(await known.toolNames()).toEqual(names);
    expect((await known.call(SEARCH, { limit: 1 })).status).toBe(503);
    const refused = await waitUntil("known answers have grown old", async () => {
      const answer = await statusOf(endpointOf(url), token);
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused.error).toMatchObject({ code: "auth_unavailable", message: expect.stringContaining(ready.api) });
    const late = serve(ready.api, QUICK);
    await waitUntil("a gateway without mcpd keeps trying", () => late.stderr.includes("trying again"));
    const again = scratch.upWithReadyFile("bare", { args: ["--api-port", String(portOf(ready.api)), "--gateway-port", "0"] });
    await again.ready();
    await waitUntil("the gateway calls again", async () => (await known.call(SEARCH, { limit: 1 })).status === 200, 20_000);
    expect(await isOk(await McpCaller.open(endpointOf(await late.ready()), token), SEARCH, { limit: 1 })).toBe(true);
    expect(await patient.stop()).toBe(0);
    await again.stop();
  }, 90_000);
});

describe("an enrolled gateway", () => {
  let up: UpProcess;
  let ready: Ready;
  let admin: RestCaller;
  let gateway: GatewayProcess;
  let url = "";

  beforeAll(async () => {
    up = scratch.upWithReadyFile("enrolled");
    ready = await up.ready();
    admin = await RestCaller.logIn(ready);
    const { token: key } = await admin.send("POST", "/gateways", { name: "edge" });
    writeFileSync(scratch.path("edge.key"), `${key}\n`, { mode: 0o600 });
    gateway = serve(ready.api, { MCPLOCAL_GATEWAY_TOKEN_FILE: scratch.path("edge.key") });
    url = await gateway.ready();
  }, TIMEOUT_MS);

  test("serves the project with servers of its own process, on sessions that mcpd's gateway knows too", async () => {
    const caller = await McpCaller.open(endpointOf(url), ready.token);
    await waitUntil("both servers are there", async () => {
      const names = await caller.toolNames();
      return names.includes(SEARCH) && names.includes("files__list_allowed_directories");
    });
    expect(await isOk(caller, SEARCH, { limit: 1 })).toBe(true);
    expect(await isOk(caller, "files__list_allowed_directories")).toBe(true);
    const there = new McpCaller(endpointOf(ready.gateway), ready.token, caller.sessionId);
    expect(await isOk(there, SEARCH, { limit: 1 })).toBe(true);
    expect((await there.end()).status).toBe(204);
    await waitUntil("its end is known here", async () => (await caller.call(SEARCH, { limit: 1 })).status === 404);
  });

  test("its calls are in mcpd's audit log, with its name", async () => {
    const caller = await McpCaller.open(endpointOf(url), ready.token);
    await caller.call(SEARCH, { limit: 1 });
    const event = await waitUntil("the call is in the audit log", async () => {
      const { items } = await admin.send("GET", "/audit?kind=tool_call_trace");
      return items.find(({ detail }: { detail?: { gateway?: string } }) => detail?.gateway === "edge");
    });
    expect(event).toMatchObject({ actorKind: "token", tokenName: "demo", server: "content", tool: "evo.content.search", outcome: "ok" });
  });

  test("a token that is revoked is refused at once, long before its answer has grown old", async () => {
    const short = await admin.makeToken("short", "demo");
    expect((await statusOf(endpointOf(url), short)).status).toBe(200);
    await admin.revoke("short", "demo");
    await waitUntil("the token is refused", async () => (await statusOf(endpointOf(url), short)).status === 401, 5000);
  });

  test(
    "mcpd may be killed and come back: the gateway serves on, and hears of changes again",
    async () => {
      const caller = await McpCaller.open(endpointOf(url), ready.token);
      up.signal("SIGKILL", "group");
      await up.ended();
      expect(await isOk(caller, SEARCH, { limit: 1 })).toBe(true);
      up = scratch.up("enrolled", { args: ["--api-port", String(portOf(ready.api)), "--gateway-port", "0"] });
      await up.started();
      const made = await waitUntil("a new token works", async () => {
        const token = await admin.makeToken(`after-${Date.now()}`, "demo");
        return (await statusOf(endpointOf(url), token)).status === 200;
      });
      expect(made).toBe(true);
      const last = await admin.makeToken("last", "demo");
      expect((await statusOf(endpointOf(url), last)).status).toBe(200);
      await admin.revoke("last", "demo");
      await waitUntil("a revocation is heard of", async () => (await statusOf(endpointOf(url), last)).status === 401, 10_000);
      await waitUntil("what was called meanwhile is in the audit log", async () => {
        const { items } = await admin.send("GET", "/audit?kind=tool_call_trace");
        return items.filter(({ detail }: { detail?: { gateway?: string } }) => detail?.gateway === "edge").length >= 3;
      });
      expect((await admin.send("GET", "/audit-verify")).ok).toBe(true);
    },
    TIMEOUT_MS,
  );

  test("the gateway that is deleted ends, and says what to do", async () => {
    await admin.send("DELETE", "/gateways/edge");
    expect(await gateway.ended(10_000)).toBe(1);
    expect(gateway.stderr).toMatch(/^error: .*refuses this gateway's key.*\nhint: .*mcpctl create gateway NAME/m);
    expect(processesNaming(scratch.path("enrolled", "files"))).toHaveLength(1);
  });

  test("with a key that is unknown, or a file that holds none, it does not start", async () => {
    const unknown = serve(ready.api, { MCPLOCAL_GATEWAY_TOKEN_FILE: scratch.path("edge.key") });
    expect(await unknown.ended(20_000)).toBe(1);
    expect(unknown.stderr).toContain("mcpctl create gateway NAME");
    writeFileSync(scratch.path("no.key"), "mcpctl_pat_of-another-kind\n");
    chmodSync(scratch.path("no.key"), 0o644);
    const wrong = serve(ready.api, { MCPLOCAL_GATEWAY_TOKEN_FILE: scratch.path("no.key") });
    expect(await wrong.ended(20_000)).not.toBe(0);
    expect(wrong.stderr).toMatch(/^error: .*no\.key.*\nhint: /m);
    expect(wrong.stderr).not.toContain("of-another-kind");
  }, 30_000);
});
