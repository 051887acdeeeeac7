import { beforeAll, expect, test } from "bun:test";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";

const scratch = new Scratch("jwt");
let ready: Ready;

beforeAll(async () => {
  ready = await scratch.upWithReadyFile("jwt").ready();
}, 30_000);

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a reply is looked at by what a test expects of it.
  return { status: response.status, headers: response.headers, json: (await response.json()) as any };
}

async function jwt(scopes: readonly string[], servers?: readonly string[]): Promise<string> {
  const { status, json } = await post(`${ready.api}/api/v1/token`, {
    ...ready.admin,
    scopes,
    ...(servers === undefined ? {} : { servers }),
  });
  expect(status).toBe(200);
  return json.token;
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "runbook", version: "1.0.0" } },
};

const endpoint = () => `${ready.gateway}/api/v1/mcp/content`;

/** Opens a session with this JWT and sends one request in it. */
async function inSession(token: string, method: string, params: object) {
  const authorization = `Bearer ${token}`;
  const opened = await post(endpoint(), initialize, { authorization });
  expect(opened.status).toBe(200);
  const session = { authorization, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
  return post(endpoint(), { jsonrpc: "2.0", id: 2, method, params }, session);
}

test("a JWT with scopes opens the route of one server: initialize is 200 with the headers Authorization and Content-Type alone", async () => {
  const { status, json } = await post(endpoint(), initialize, { authorization: `Bearer ${await jwt(["mcp:read", "mcp:call"])}` });
  expect(status).toBe(200);
  expect(json.result).toMatchObject({ protocolVersion: "2025-11-25", serverInfo: expect.any(Object) });
});

test("with mcp:call a tool is called, without it that is 403 scope_denied and lists still work", async () => {
  const call = { name: "evo.content.search", arguments: { limit: 1 } };
  const called = await inSession(await jwt(["mcp:read", "mcp:call"]), "tools/call", call);
  expect(called.json.result.isError ?? false).toBe(false);
  const reader = await jwt(["mcp:read"]);
  expect((await inSession(reader, "tools/list", {})).json.result.tools.length).toBeGreaterThan(0);
  expect(await inSession(reader, "tools/call", call)).toMatchObject({ status: 403, json: { error: { code: "scope_denied" } } });
});

test("a JWT for other servers sees this one no more than one that is not there", async () => {
  const token = await jwt(["mcp:read", "mcp:call"], ["files"]);
  const { status } = await post(endpoint(), initialize, { authorization: `Bearer ${token}` });
  expect([403, 404]).toContain(status);
});

test("no JWT, one that is malformed and one that was tampered with are 401", async () => {
  const token = await jwt(["mcp:read"]);
  const [head = "", , signature = ""] = token.split(".");
  const forged = `${head}.${Buffer.from(JSON.stringify({ scope: "mcp:admin" })).toString("base64url")}.${signature}`;
  expect(await post(endpoint(), initialize)).toMatchObject({ status: 401, json: { error: { code: "unauthenticated" } } });
  for (const bad of ["x.y.z", "hello", forged, `${token}x`]) {
    const { status, json } = await post(endpoint(), initialize, { authorization: `Bearer ${bad}` });
    expect({ status, message: json.error.message }).toMatchObject({ status: 401, message: expect.stringMatching(/^Invalid token: /) });
  }
});

test("a wrong password gives no JWT", async () => {
  const { status, json } = await post(`${ready.api}/api/v1/token`, { username: "admin", password: "wrong-password" });
  expect({ status, code: json.error.code }).toEqual({ status: 401, code: "unauthenticated" });
});
