/** Token authentication at the gateway's face: which requests need a credential, and what of it is kept. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { generateCredential } from "../../core/credential.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { openGateway, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";
import { authenticate } from "./authenticate.ts";
import { GrantCache } from "./grant-cache.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({ servers: { one: new ScriptedServer() } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const GUARDED = ["/projects/demo/mcp", "/projects/nowhere/mcp", "/mcp"].flatMap((path) =>
  (["POST", "GET", "DELETE"] as const).map((method) => [method, path] as const),
);

test.each(GUARDED)("%s %s takes a token, and without one nothing is carried out", async (method, path) => {
  const before = gateway.control.asked.length;
  const body = method === "POST" ? { body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' } : {};
  const headers = { "content-type": "application/json", accept: "text/event-stream", "mcp-session-id": "x" };
  const response = await gateway.fetch(path, { method, headers, ...body });
  expect({ status: response.status, challenge: response.headers.get("www-authenticate") }).toEqual({
    status: 401,
    challenge: expect.stringMatching(/^Bearer /),
  });
  expect(response.headers.get("mcp-session-id")).toBeNull();
  expect(await response.json()).toMatchObject({ error: { code: "unauthenticated" } });
  expect(gateway.control.asked).toHaveLength(before);
});

test.each(GUARDED)("%s %s refuses a token of which mcpd knows nothing, and asks about it", async (method, path) => {
  const before = gateway.control.asked.length;
  const authorization = `Bearer ${generateCredential("token")}`;
  const body = method === "POST" ? { body: "{}" } : {};
  expect((await gateway.fetch(path, { method, headers: { authorization }, ...body })).status).toBe(401);
  expect(gateway.control.asked).toHaveLength(before + 1);
});

test("what tells whether it lives needs none", async () => {
  for (const path of ["/", "/health", "/healthz", "/readyz"]) expect((await gateway.fetch(path)).status).toBe(200);
});

test("an answer about a token is kept under its hash, and the token itself nowhere", async () => {
  const grant: Grant = { principal: { kind: "user", id: "usr_1", name: "ann" }, bindings: [], scopes: [] };
  const clock = { now: () => new Date(0) };
  const grants = new GrantCache({ introspect: async () => grant, clock, positiveTtlMs: 30_000, negativeTtlMs: 5000, maxEntries: 10 });
  const token = generateCredential("token");
  await authenticate(grants, `Bearer ${token}`);
  expect(grants.known(hashToken(token))).toMatchObject({ principal: grant.principal });
  expect(grants.known(token)).toBe("ask");
});
