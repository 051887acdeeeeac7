import { expect, test } from "bun:test";
import { mcptokens } from "../../api/endpoints/resource-endpoints.ts";
import { generateToken, hashToken } from "../../core/mcp-token.ts";
import { NOW } from "../token/tokens.fixture.ts";
import { controlApi, GUESSES } from "./control-api.fixture.ts";

const TOKENS = "/api/v1/mcptokens";
const INTROSPECT = `${TOKENS}/introspect`;
const CI = { name: "ci", project: "one" };
const VIEW_ALL = [
  { role: "view", resource: "projects" },
  { role: "view", resource: "servers" },
] as const;
const INACTIVE = { active: false, principal: null, expiresAt: null, roleBindings: [] };

type Api = Awaited<ReturnType<typeof controlApi>>;

async function withToken(body: object = {}, options?: Parameters<typeof controlApi>[0]) {
  const api = await controlApi(options);
  const created = await api.call("POST", TOKENS, { body: { ...CI, ...body } });
  expect(created.status).toBe(201);
  return { ...api, created, raw: created.body.token as string, id: created.body.id as string };
}

const introspect = ({ call }: Pick<Api, "call">, bearer: string, address = "10.0.0.1") => call("GET", INTROSPECT, { bearer, address });

test("the raw token is in the answer to its creation, and in no other", async () => {
  const { created, raw, id, call } = await withToken({ description: "d", roleBindings: VIEW_ALL, expiresAt: "2026-02-01T00:00:00Z" });
  expect(mcptokens.create.reply.safeParse(created.body).success).toBe(true);
  expect(created.headers.get("location")).toBe(`${TOKENS}/${id}`);
  const { token: _, ...shown } = created.body;
  expect(shown).toEqual({
    ...CI,
    id,
    description: "d",
    owner: "ada",
    prefix: raw.slice(0, 15),
    sha: hashToken(raw),
    createdAt: NOW.toISOString(),
    expiresAt: "2026-02-01T00:00:00.000Z",
    revokedAt: null,
    lastUsedAt: null,
    status: "active",
    roleBindings: [...VIEW_ALL],
  });
  for (const path of [`${TOKENS}/${id}`, `${TOKENS}/ci?project=one`]) expect((await call("GET", path)).body).toEqual(shown);
  expect((await call("GET", TOKENS)).body).toEqual({ items: [shown], nextCursor: null });
});

test("a token that is asked for by its name and project alone has no rights and no end", async () => {
  const { created } = await withToken();
  expect(created.body).toMatchObject({ status: "active", roleBindings: [], expiresAt: null, description: "" });
});

test("a list is filtered, sorted and paged as the query says", async () => {
  const { call } = await withToken();
  for (const name of ["aa", "bb"]) await call("POST", TOKENS, { body: { name, project: "two" } });
  await call("POST", `${TOKENS}/aa/revoke?project=two`);
  const names = async (query: string) => (await call("GET", `${TOKENS}?${query}`)).body.items.map(({ name }: { name: string }) => name);
  expect(await names("sort=-name")).toEqual(["ci", "bb", "aa"]);
  expect(await names("project=two")).toEqual(["aa", "bb"]);
  expect(await names("status=revoked")).toEqual(["aa"]);
  expect(await names("owner=dev")).toEqual([]);
  expect(await names("name=b%00b")).toEqual([]);
  const first = await call("GET", `${TOKENS}?limit=2`);
  expect(await names(`limit=2&cursor=${first.body.nextCursor}`)).toEqual(["ci"]);
});

test("what is wrong with a request is said with its field", async () => {
  const { call } = await withToken();
  const message = async (body: object) => (await call("POST", TOKENS, { body })).body.error.message;
  expect(await message({ ...CI, name: "A_b" })).toStartWith("body.name: must be 2-63 of");
  expect(await message({ ...CI, rbac: "all" })).toStartWith("body.rbac: ");
  expect(await message({ ...CI, roleBindings: [{ role: "own", resource: "servers" }] })).toContain("roles: view, create");
  expect(await message({ ...CI, expiresAt: "soon" })).toStartWith("body.expiresAt: ");
  expect(await message({ ...CI, name: "new", expiresAt: "2020-01-01T00:00:00Z" })).toBe(
    "expiresAt: 2020-01-01T00:00:00.000Z lies in the past",
  );
  expect(await call("GET", `${TOKENS}/ci`)).toMatchObject({ status: 400, body: { error: { reason: "TOKEN_PROJECT_MISSING" } } });
});

test("a second active token of a name is 409 with its reason; force makes it", async () => {
  const { call } = await withToken();
  expect(await call("POST", TOKENS, { body: CI })).toMatchObject({ status: 409, body: { error: { reason: "MCP_TOKEN_NAME_TAKEN" } } });
  expect((await call("POST", TOKENS, { body: { ...CI, force: true } })).status).toBe(201);
});

test("a token can be sent to mcpd itself, and reads what its bindings and its owner's let it read", async () => {
  const { call, raw } = await withToken({ roleBindings: VIEW_ALL });
  expect(await call("GET", "/api/v1/projects/one", { bearer: raw })).toMatchObject({ status: 200, body: { name: "one" } });
  expect(await call("GET", "/api/v1/projects/one/servers", { bearer: raw })).toMatchObject({ status: 200, body: { items: [] } });
});

test("a token reaches the paths of its own project alone, whatever its bindings", async () => {
  const { call, raw } = await withToken({ rbac: "clone" });
  expect((await call("GET", "/api/v1/projects/one", { bearer: raw })).status).toBe(200);
  for (const path of ["/api/v1/projects/two", "/api/v1/projects/two/servers", "/api/v1/projects", TOKENS, "/api/v1/gateways"]) {
    expect(await call("GET", path, { bearer: raw })).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
  }
  expect((await call("POST", TOKENS, { bearer: raw, body: { ...CI, name: "child" } })).status).toBe(403);
});

test("an empty token may not read its project's servers", async () => {
  const { call, raw } = await withToken();
  expect(await call("GET", "/api/v1/projects/one/servers", { bearer: raw })).toMatchObject({
    status: 403,
    body: { error: { code: "forbidden", reason: "PERMISSION_DENIED" } },
  });
});

test.each([
  ["revoked", async ({ call, id }: Api & { id: string }) => call("POST", `${TOKENS}/${id}/revoke`)],
  ["deleted", async ({ call, id }: Api & { id: string }) => call("DELETE", `${TOKENS}/${id}`)],
  ["expired", async ({ setTime }: Api) => setTime(new Date("2026-02-01T00:00:00Z"))],
  ["one whose project was deleted", async ({ call }: Api) => call("DELETE", "/api/v1/projects/one")],
])("the next call of a token that is %s is 401", async (_, end) => {
  const api = await withToken({ roleBindings: VIEW_ALL, expiresAt: "2026-02-01T00:00:00Z" });
  const read = () => api.call("GET", "/api/v1/projects/one", { bearer: api.raw });
  expect((await read()).status).toBe(200);
  await end(api);
  expect(await read()).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
});

test("an unknown token is 401, and so is every token where no resolver takes tokens", async () => {
  const { call } = await withToken();
  expect((await call("GET", "/api/v1/projects/one", { bearer: generateToken() })).status).toBe(401);
  const without = await withToken({ roleBindings: VIEW_ALL }, { withoutTokens: true });
  expect((await without.call("GET", "/api/v1/projects/one", { bearer: without.raw })).status).toBe(401);
});

test("a valid token learns by introspection who it is and what it may do", async () => {
  const { raw, id, call } = await withToken({ roleBindings: VIEW_ALL, expiresAt: "2026-02-01T00:00:00Z" });
  const { status, body } = await introspect({ call }, raw);
  expect(status).toBe(200);
  expect(body).toEqual({
    active: true,
    principal: { kind: "token", id, name: "ci", sha: hashToken(raw), project: "one", ownerId: "usr_ada", owner: "ada" },
    expiresAt: "2026-02-01T00:00:00.000Z",
    roleBindings: [...VIEW_ALL],
  });
});

test("introspection tells a token's bindings within its owner's", async () => {
  const { raw, call, db } = await withToken({ rbac: "clone" });
  await db.updateTable("users").set({ roles: '["view"]' }).where("id", "=", "usr_ada").execute();
  expect((await introspect({ call }, raw)).body.roleBindings).toEqual([{ role: "view", resource: "*" }]);
});

test("unknown, malformed, expired, revoked and deleted tokens get one and the same answer", async () => {
  const api = await withToken({ expiresAt: "2026-02-01T00:00:00Z" });
  const { call, raw, setTime } = api;
  const dead = [generateToken(), `${raw}x`];
  setTime(new Date("2026-02-01T00:00:00Z"));
  dead.push(raw);
  for (const how of ["revoke", "delete"]) {
    const created = await call("POST", TOKENS, { body: { name: how, project: "one" } });
    await (how === "revoke" ? call("POST", `${TOKENS}/${created.body.id}/revoke`) : call("DELETE", `${TOKENS}/${created.body.id}`));
    dead.push(created.body.token);
  }
  for (const bearer of dead) expect(await introspect(api, bearer)).toMatchObject({ status: 200, body: INACTIVE });
});

test("introspection without a bearer, or with one that is no McpToken, is 401", async () => {
  const { call } = await withToken();
  expect(await introspect({ call }, "")).toMatchObject({ status: 401, body: { error: { message: "Bearer token required" } } });
  expect(await introspect({ call }, "eyJhbGciOi.x.y")).toMatchObject({
    status: 401,
    body: { error: { reason: "MCP_TOKEN_REQUIRED", message: expect.stringMatching(/^Invalid token: /) } },
  });
});

test("who guesses too often is told to wait, and others are not", async () => {
  const api = await withToken();
  for (let guess = 0; guess < GUESSES; guess += 1) expect((await introspect(api, generateToken())).body).toEqual(INACTIVE);
  const refused = await introspect(api, api.raw);
  expect(refused).toMatchObject({ status: 429, body: { error: { code: "rate_limited", reason: "CREDENTIAL_GUESSES_EXHAUSTED" } } });
  expect(refused.headers.get("retry-after")).toBe(String(60 / GUESSES));
  expect(api.audited.at(-1)).toMatchObject({ kind: "gate_decision", status: 429, address: "10.0.0.1" });
  expect((await introspect(api, api.raw, "10.0.0.2")).body.active).toBe(true);
  api.setTime(new Date(NOW.getTime() + (60 / GUESSES) * 1000));
  expect((await introspect(api, api.raw)).body.active).toBe(true);
});
