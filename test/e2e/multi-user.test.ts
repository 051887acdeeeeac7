/** `mcplocal serve` in multi-user mode: alone, bare and enrolled. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { signHs256 } from "./support/sign-hs256.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const SECRET = "a secret that only this test and its gateways know";
const SEARCH = "content__evo.content.search";
const MULTI_USER = { MCP_MULTIUSER_MODE: "true", MCP_JWT_SECRET: SECRET };
const TIMEOUT_MS = 60_000;

const scratch = new Scratch("multi-user");
const gateways: GatewayProcess[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

function serve(mcpdUrl: string | undefined, env: Readonly<Record<string, string>>): GatewayProcess {
  const gateway = new GatewayProcess(mcpdUrl, { MCPLOCAL_MCPD_URL: "", ...env });
  gateways.push(gateway);
  return gateway;
}

async function isOk(caller: McpCaller, tool = SEARCH): Promise<boolean> {
  const { json } = await caller.call(tool, { limit: 1 });
  return json?.result !== undefined && json.result.isError !== true;
}

describe("alone, with a secret of JWTs", () => {
  let url = "";
  let home = "";

  beforeAll(async () => {
    home = scratch.path("home");
    for (const folder of [".mcpctl", ".quilt", ".aws", ".config/mcp"]) mkdirSync(`${home}/${folder}`, { recursive: true });
    // Whoever fell back to these would let everybody in.
    const jwt = signHs256(SECRET, "owner");
    writeFileSync(`${home}/.mcpctl/config.json`, JSON.stringify({ token: jwt, url: "http://127.0.0.1:1" }));
    writeFileSync(`${home}/.quilt/auth.json`, JSON.stringify({ tokens: { access_token: jwt } }));
    writeFileSync(`${home}/.aws/credentials`, "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    writeFileSync(`${home}/.config/mcp/token`, jwt);
    url = await serve(undefined, { ...MULTI_USER, HOME: home, MCPCTL_TOKEN: jwt, MCPCTL_CONFIG: `${home}/.mcpctl/config.json` }).ready();
  }, TIMEOUT_MS);

  test("every route but health asks for a JWT, and no credential of the account that it runs under stands for one", async () => {
    const routes = [
      ["POST", "/mcp"],
      ["GET", "/mcp"],
      ["DELETE", "/mcp"],
      ["POST", "/projects/default/mcp"],
      ["POST", "/projects/default/dispatch"],
      ["GET", "/sse"],
      ["POST", "/messages"],
      ["POST", "/api/v1/mcp/content"],
      ["POST", "/api/v1/mcp/content/dispatch"],
      ["POST", "/api/v1/projects/default/servers/content/mcp"],
      ["GET", "/emcp/servers"],
      ["POST", "/emcp/content"],
    ] as const;
    for (const [method, path] of routes) {
      for (const headers of [{}, { cookie: `mcpctl_session=mcpctl_ses_${"x".repeat(43)}` }]) {
        const response = await fetch(`${url}${path}`, { method, headers });
        expect([path, response.status, response.headers.get("www-authenticate")]).toEqual([path, 401, 'Bearer realm="mcpctl"']);
        expect(await response.json()).toMatchObject({ error: { code: "unauthenticated", message: "JWT token required" } });
      }
    }
    for (const path of ["/", "/health", "/healthz", "/readyz"]) expect((await fetch(`${url}${path}`)).status).toBe(200);
  });

  test("malformed, forged, expired and unsigned JWTs are refused, and so is any other credential", async () => {
    const good = signHs256(SECRET, "ann");
    const [head, body, tail] = good.split(".");
    const refused = [
      "not-a-jwt",
      "a.b",
      "a.b.c",
      `${head}.${body}.`,
      `${head}.${body}.${tail}x`,
      signHs256("another secret of more than thirty-two bytes", "ann"),
      signHs256(SECRET, "ann", { exp: Math.floor(Date.now() / 1000) - 3600 }),
      signHs256(SECRET, "ann", { exp: undefined }),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.x`,
      `mcpctl_pat_${"x".repeat(43)}`,
      `mcpctl_ses_${"x".repeat(43)}`,
    ];
    for (const token of refused) {
      const { status, json } = await new McpCaller(`${url}/mcp`, token).initialize();
      expect([token, status, json.error]).toMatchObject([token, 401, { message: expect.stringMatching(/^Invalid token: /) }]);
    }
    expect((await new McpCaller(`${url}/mcp`, good).initialize()).status).toBe(200);
  });

  test("serves the built-in server on every route, within the scopes of the JWT, and writes nothing", async () => {
    const before = readdirSync(home, { recursive: true }).length;
    const token = signHs256(SECRET, "ann");
    for (const path of ["/mcp", "/projects/default/mcp"]) expect(await isOk(await McpCaller.open(`${url}${path}`, token))).toBe(true);
    expect(await isOk(await McpCaller.open(`${url}/api/v1/mcp/content`, token), "evo.content.search")).toBe(true);
    const reader = await McpCaller.open(`${url}/mcp`, signHs256(SECRET, "reader", { scope: "mcp:read" }));
    expect([(await reader.toolNames()).includes(SEARCH), (await reader.call(SEARCH)).status]).toEqual([true, 403]);
    const nobody = await McpCaller.open(`${url}/mcp`, signHs256(SECRET, "nobody", { scope: undefined }));
    expect([(await nobody.request("tools/list")).status, (await nobody.call(SEARCH)).status]).toEqual([403, 403]);
    expect((await new McpCaller(`${url}/projects/other/mcp`, token).initialize()).status).toBe(403);
    const elsewhere = signHs256(SECRET, "ann", { project: "other" });
    expect((await new McpCaller(`${url}/projects/default/mcp`, elsewhere).initialize()).status).toBe(403);
    expect((await reader.toolNames()).filter((name) => /create|update|delete|write/.test(name))).toEqual([]);
    expect(readdirSync(home, { recursive: true })).toHaveLength(before);
  });

  test("a session is its subject's alone, on every replica and after a restart", async () => {
    const ann = signHs256(SECRET, "ann");
    const first = serve(undefined, MULTI_USER);
    const opened = await McpCaller.open(`${await first.ready()}/mcp`, ann);
    expect(await first.stop()).toBe(0);
    for (const replica of [url, await serve(undefined, MULTI_USER).ready()]) {
      const again = new McpCaller(`${replica}/mcp`, signHs256(SECRET, "ann", { jti: "another token of hers" }), opened.sessionId);
      expect(await isOk(again)).toBe(true);
      expect((await new McpCaller(`${replica}/mcp`, signHs256(SECRET, "bob"), opened.sessionId).call(SEARCH)).status).toBe(404);
    }
    const stranger = await serve(undefined, { ...MULTI_USER, MCP_SESSION_SECRET: "keys of sessions that nobody shares" }).ready();
    expect((await new McpCaller(`${stranger}/mcp`, ann, opened.sessionId).call(SEARCH)).status).toBe(404);
  });

  test("workers of one gateway say the same", async () => {
    const gateway = new GatewayProcess(undefined, { MCPLOCAL_MCPD_URL: "", ...MULTI_USER }, ["--workers", "2"]);
    gateways.push(gateway);
    const base = await gateway.ready();
    const { sessionId } = await McpCaller.open(`${base}/mcp`, signHs256(SECRET, "ann"));
    for (const _ of Array.from({ length: 8 })) {
      expect(await isOk(new McpCaller(`${base}/mcp`, signHs256(SECRET, "ann"), sessionId))).toBe(true);
    }
  });

  test.each([
    ["neither keys nor mcpd", { MCP_MULTIUSER_MODE: "true" }, "Multi-user mode has nothing to prove JWTs with"],
    ["its other name", { QUILT_MULTIUSER_MODE: "true" }, "Multi-user mode has nothing to prove JWTs with"],
    ["a short secret", { MCP_MULTIUSER_MODE: "true", MCP_JWT_SECRET: "short" }, "MCP_JWT_SECRET has fewer than 32 bytes"],
    ["a mode that is none", { MCP_MULTIUSER_MODE: "maybe" }, "MCP_MULTIUSER_MODE 'maybe' is neither true nor false"],
    ["two kinds of keys", { ...MULTI_USER, MCP_JWKS_URL: "https://login.example/keys" }, "Both MCP_JWT_SECRET and MCP_JWKS_URL are set"],
    ["no multi-user mode", { MCP_JWT_SECRET: SECRET }, "MCPLOCAL_MCPD_URL is not set"],
  ])("with %s it does not start, and says why", async (_, env, message) => {
    const gateway = serve(undefined, env);
    expect(await gateway.ended()).not.toBe(0);
    expect(gateway.stderr).toContain(`error: ${message}`);
    expect(gateway.stderr).not.toContain(SECRET);
  });
});

describe("with a mcpd", () => {
  let up: UpProcess;
  let ready: Ready;
  let admin: RestCaller;

  beforeAll(async () => {
    up = scratch.upWithReadyFile("mcpd");
    ready = await up.ready();
    admin = await RestCaller.logIn(ready);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await up.stop();
  });

  test("a bare gateway needs mcpd's URL alone, and shows mcpd its callers' bearers as they came, and none of its own", async () => {
    const bearers = new Set<string | null>();
    using relay = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        if (pathname !== "/readyz") bearers.add(request.headers.get("authorization"));
        return fetch(`${ready.api}${pathname}${search}`, { method: request.method, headers: request.headers, body: request.body });
      },
    });
    const url = await serve(`http://127.0.0.1:${relay.port}`, { MCP_MULTIUSER_MODE: "true" }).ready();
    const token = await admin.makeToken("bare", "demo");
    const caller = await McpCaller.open(`${url}/projects/demo/mcp`, token);
    expect(await isOk(caller)).toBe(true);
    expect([...bearers]).toEqual([`Bearer ${token}`]);
    const unauthenticated = await fetch(`${url}/emcp/servers`, { headers: { cookie: `mcpctl_session=${token}` } });
    expect([unauthenticated.status, (await unauthenticated.text()).includes("JWT token required")]).toEqual([401, true]);
  });

  test("a token without rights cannot read its project's servers, by mcpd or by a gateway", async () => {
    const url = await serve(ready.api, { MCP_MULTIUSER_MODE: "true" }).ready();
    const empty = await admin.makeToken("empty", "demo", []);
    await expect(new RestCaller(ready.api, empty).send("GET", "/projects/demo/servers")).rejects.toThrow(/: 403 /);
    expect(await new McpCaller(`${url}/projects/demo/mcp`, empty).initialize()).toMatchObject({
      status: 403,
      json: { error: { code: "forbidden" } },
    });
  });

  test("a bare gateway with keys shows mcpd no JWT that they refuse", async () => {
    const asked: string[] = [];
    using mcpd = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/readyz") return Response.json({});
        asked.push(request.headers.get("authorization") ?? "");
        return Response.json({ error: { reason: "CREDENTIAL_INVALID", message: "no" } }, { status: 401 });
      },
    });
    const url = await serve(`http://127.0.0.1:${mcpd.port}`, MULTI_USER).ready();
    const forged = signHs256("another secret of more than thirty-two bytes", "ann");
    expect((await new McpCaller(`${url}/projects/demo/mcp`, forged).initialize()).status).toBe(401);
    expect(asked).toEqual([]);
    const good = signHs256(SECRET, "ann");
    expect((await new McpCaller(`${url}/projects/demo/mcp`, good).initialize()).status).toBe(401);
    expect(asked).toEqual([`Bearer ${good}`]);
  });

  test(
    "an enrolled gateway serves JWTs by its own keys and tokens by mcpd, runs no process, and mcpd's audit log has who called",
    async () => {
      const { token: key } = await admin.send("POST", "/gateways", { name: "many" });
      writeFileSync(scratch.path("many.key"), `${key}\n`, { mode: 0o600 });
      const env = { ...MULTI_USER, MCPLOCAL_GATEWAY_TOKEN_FILE: scratch.path("many.key") };
      const [url, replica] = await Promise.all([serve(ready.api, env).ready(), serve(ready.api, env).ready()]);
      expect((await fetch(`${url}/projects/demo/mcp`, { method: "POST" })).status).toBe(401);
      const ann = signHs256(SECRET, "ann", { project: "demo" });
      const caller = await McpCaller.open(`${url}/projects/demo/mcp`, ann);
      await waitUntil("the built-in server is there", async () => (await caller.toolNames()).includes(SEARCH));
      expect(await isOk(caller)).toBe(true);
      // `files` of the demo is a process.
      expect((await caller.toolNames()).filter((name) => name.startsWith("files__"))).toEqual([]);
      expect(await isOk(await McpCaller.open(`${url}/mcp`, ann))).toBe(true);
      expect(await isOk(await McpCaller.open(`${url}/projects/demo/mcp`, ready.token))).toBe(true);
      await waitUntil("the replica takes its session", () => isOk(new McpCaller(`${replica}/projects/demo/mcp`, ann, caller.sessionId)));
      expect((await new McpCaller(`${replica}/projects/demo/mcp`, signHs256(SECRET, "bob"), caller.sessionId).call(SEARCH)).status).toBe(
        404,
      );
      const other = signHs256(SECRET, "ann", { project: "other" });
      expect((await new McpCaller(`${url}/projects/demo/mcp`, other).initialize()).status).toBe(403);
      expect((await caller.end()).status).toBe(204);
      await waitUntil("the other replica knows of its end", async () => {
        return (await new McpCaller(`${replica}/projects/demo/mcp`, ann, caller.sessionId).call(SEARCH)).status === 404;
      });
      const event = await waitUntil("the call is in the audit log", async () => {
        const { items } = await admin.send("GET", "/audit?kind=tool_call_trace");
        return items.find(
          (each: { readonly actorName: string; readonly outcome: string }) => each.actorName === "ann" && each.outcome === "ok",
        );
      });
      expect(event).toMatchObject({ actorKind: "jwt", project: "demo", server: "content", detail: { gateway: "many" } });
    },
    TIMEOUT_MS,
  );
});
