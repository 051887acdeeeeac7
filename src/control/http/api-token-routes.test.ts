import { expect, test } from "bun:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { HOUR } from "../identity/identity.fixture.ts";
import { type CallInit, type IdentityApi, ORIGIN, withIdentityApi } from "./identity-api.fixture.ts";

const PATH = "/api/v1/token";
const create = ({ call }: IdentityApi, body: object, init: CallInit = {}) => call("POST", PATH, { ...init, body });
const asAda = { username: "ada", password: "ada" };
const asRoot = { username: "root", password: "root" };

test("a password gives a JWT of an hour that opens what its user may, within its scopes", () =>
  withIdentityApi(async (api) => {
    const { status, body } = await create(api, asAda);
    expect(status).toBe(200);
    expect(body).toEqual({ token: expect.any(String), expires_at: "2026-01-01T01:00:00.000Z", scopes: ["mcp:read", "mcp:call"] });
    expect(decodeProtectedHeader(body.token)).toEqual({ alg: "EdDSA", typ: "mcpctl-api+jwt", kid: "k1" });
    expect(decodeJwt(body.token)).toMatchObject({ aud: "0123456789abcdef/gateway", sub: "usr_ada", scope: "mcp:read mcp:call" });
    const probe = await api.call("GET", "/api/v1/probe", { bearer: body.token });
    expect(probe.body).toEqual({
      principal: { kind: "jwt", id: "usr_ada", name: "ada", userId: "usr_ada" },
      bindings: [{ binding: { role: "view", resource: "*" }, source: "role:view" }],
      scopes: ["mcp:read", "mcp:call"],
      expiresAt: "2026-01-01T01:00:00.000Z",
    });
    api.time.ms += HOUR + 6000;
    expect((await api.call("GET", "/api/v1/probe", { bearer: body.token })).status).toBe(401);
  }));

test("scopes and servers are a cap that the token carries", () =>
  withIdentityApi(async (api) => {
    const { body } = await create(api, { ...asAda, scopes: ["mcp:read"], servers: ["docs", "search", "docs"] });
    const probe = await api.call("GET", "/api/v1/probe", { bearer: body.token });
    expect(probe.body).toMatchObject({ scopes: ["mcp:read"], allowServers: ["docs", "search"] });
    const none = await create(api, { ...asAda, servers: [] });
    expect((await api.call("GET", "/api/v1/probe", { bearer: none.body.token })).body.allowServers).toEqual([]);
  }));

test("mcp:admin is for who may edit servers, when it is made and whenever it is used", () =>
  withIdentityApi(async (api) => {
    const scopes = ["mcp:read", "mcp:admin"];
    expect(await create(api, { ...asAda, scopes })).toMatchObject({ status: 403, body: { error: { reason: "SCOPE_NOT_HELD" } } });
    const { body } = await create(api, { ...asRoot, scopes });
    const probe = () => api.call("GET", "/api/v1/probe", { bearer: body.token });
    expect((await probe()).body.scopes).toEqual(scopes);
    await api.db.updateTable("users").set({ roles: '["run"]' }).where("username", "=", "root").execute();
    expect((await probe()).body.scopes).toEqual(["mcp:read"]);
  }));

test("a session gives one too, as a bearer or as the cookie of a page of our own", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    expect((await create(api, {}, { bearer })).status).toBe(200);
    const login = await api.call("POST", "/api/v1/auth/login", { body: { ...asAda, client: "browser" } });
    const cookie = (login.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    expect((await create(api, {}, { headers: { cookie, origin: ORIGIN } })).status).toBe(200);
    expect(await create(api, {}, { headers: { cookie, origin: "http://127.0.0.1:9999" } })).toMatchObject({
      status: 403,
      body: { error: { code: "origin_denied" } },
    });
    expect(api.audited.filter(({ action }) => action === "jwt.create")).toHaveLength(2);
  }));

test("a JWT does not make another, so that it ends when it ends", () =>
  withIdentityApi(async (api) => {
    const { body } = await create(api, asAda);
    expect(await create(api, {}, { bearer: body.token })).toMatchObject({ status: 403, body: { error: { reason: "SESSION_REQUIRED" } } });
  }));

test("neither password nor session is 401, half a log-in 400, a wrong password 401 and throttled", () =>
  withIdentityApi(async (api) => {
    expect(await create(api, {})).toMatchObject({ status: 401, body: { error: { message: "Bearer token required" } } });
    for (const half of [{ username: "ada" }, { password: "ada" }]) {
      expect(await create(api, half)).toMatchObject({ status: 400, body: { error: { reason: "LOGIN_INCOMPLETE" } } });
    }
    for (let at = 0; at < 5; at += 1) expect((await create(api, { ...asAda, password: "wrong" })).status).toBe(401);
    expect((await create(api, asAda)).status).toBe(429);
    expect(api.audited.at(-1)).toMatchObject({ kind: "gate_decision", user: "ada", method: `POST ${PATH}`, status: 429 });
  }));

test.each([
  ["a scope that there is not", { scopes: ["mcp:everything"] }, "FIELD_INVALID"],
  ["no scope", { scopes: [] }, "FIELD_INVALID"],
  ["a server that is no handle", { servers: ["Docs!"] }, "SERVER_HANDLE_INVALID"],
  ["more servers than a header holds", { servers: Array.from({ length: 200 }, (_, at) => `s${at}`.padEnd(32, "x")) }, "SERVERS_TOO_MANY"],
])("%s is refused", (_, asked, reason) =>
  withIdentityApi(async (api) => {
    expect(await create(api, { ...asAda, ...asked })).toMatchObject({ status: 400, body: { error: { reason } } });
  }),
);
