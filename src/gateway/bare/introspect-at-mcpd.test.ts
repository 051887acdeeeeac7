import { expect, test } from "bun:test";
import { ApiClient } from "../../api/api-client.ts";
import { generateCredential } from "../../core/credential.ts";
import { introspectAtMcpd } from "./introspect-at-mcpd.ts";

const TOKEN = { kind: "token", id: "tok_1", name: "t", sha: "a", project: "demo", ownerId: "usr_1", owner: "ann" };
const BINDING = { role: "view", resource: "servers" };
const EXPIRES = "2030-01-01T00:00:00.000Z";

/** Asks about a credential; the answers stand by path. */
async function ask(credential: string, answers: Readonly<Record<string, unknown>>, status = 200) {
  const asked: string[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    const { pathname } = new URL(url);
    asked.push(`${init.method} ${pathname} ${(init.headers as Record<string, string>).authorization}`);
    return Response.json(answers[pathname] ?? { error: { message: "no", reason: "ANY" } }, { status });
  };
  const client = new ApiClient({ baseUrl: "http://mcpd", bearer: credential, fetch });
  return { asked, grant: await introspectAtMcpd(client, credential) };
}

test("a token is asked about with itself; inactive it opens nothing", async () => {
  const token = generateCredential("token");
  const path = "/api/v1/mcptokens/introspect";
  const active = { active: true, principal: TOKEN, expiresAt: EXPIRES, roleBindings: [BINDING] };
  const { asked, grant } = await ask(token, { [path]: active });
  expect(asked).toEqual([`GET ${path} Bearer ${token}`]);
  expect(grant).toMatchObject({ principal: TOKEN, bindings: [{ binding: BINDING }], scopes: ["mcp:read", "mcp:call"], expiresAt: EXPIRES });
  const inactive = { active: false, principal: null, expiresAt: null, roleBindings: [] };
  expect((await ask(token, { [path]: inactive })).grant).toBeUndefined();
});

test("of any other credential mcpd says who it is, with its own scopes", async () => {
  const session = generateCredential("session");
  const bindings = [{ binding: BINDING, source: "team" }];
  const me = {
    principal: { kind: "user", id: "usr_1", name: "ann" },
    roles: [],
    groups: [],
    scopes: ["mcp:read"],
    bindings,
    expiresAt: null,
  };
  const { asked, grant } = await ask(session, { "/api/v1/auth/whoami": me });
  expect(asked).toEqual([`GET /api/v1/auth/whoami Bearer ${session}`]);
  expect<unknown>(grant).toEqual({ principal: { kind: "user", id: "usr_1", name: "ann" }, bindings, scopes: ["mcp:read"] });
});

test("a credential that mcpd refuses opens nothing; one that it cannot tell about is a failure", async () => {
  for (const status of [401, 403]) expect((await ask("a.b.c", {}, status)).grant).toBeUndefined();
  for (const [status, code] of [
    [429, "exhausted"],
    [503, "unavailable"],
  ] as const) {
    await expect(ask("a.b.c", {}, status)).rejects.toMatchObject({ code });
  }
});
