import { expect, test } from "bun:test";
import { DAY, HOUR } from "../identity/identity.fixture.ts";
import { type IdentityApi, ORIGIN, withIdentityApi } from "./identity-api.fixture.ts";

const LOGIN = "/api/v1/auth/login";
const REFUSED = {
  code: "unauthenticated",
  message: "wrong user name or password",
  trace_id: "trace-1",
  reason: "LOGIN_REFUSED",
};

const logIn = ({ call }: IdentityApi, username: string, password: string, address?: string) =>
  call("POST", LOGIN, { body: { username, password }, ...(address === undefined ? {} : { address }) });

/** A browser's log-in: the `Cookie` header that it sends from then on. */
async function cookieOf(api: IdentityApi, name: string): Promise<string> {
  const { headers } = await api.call("POST", LOGIN, { body: { username: name, password: name, client: "browser" } });
  return (headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
}

test("a log-in of the command line gives a bearer that opens what its user may, and is stored as its hash alone", () =>
  withIdentityApi(async (api) => {
    const { status, body, headers } = await logIn(api, "ada", "ada");
    expect(status).toBe(200);
    expect(body).toEqual({
      token: expect.stringMatching(/^mcpctl_ses_[0-9A-Za-z]{43}$/),
      username: "ada",
      expiresAt: "2026-01-31T00:00:00.000Z",
    });
    expect(headers.get("set-cookie")).toBeNull();
    expect((await api.call("GET", "/api/v1/probe", { bearer: body.token })).body).toEqual({
      principal: { kind: "user", id: "usr_ada", name: "ada", email: "ada@example.com" },
      bindings: [{ binding: { role: "view", resource: "*" }, source: "role:view" }],
      scopes: ["mcp:read", "mcp:call"],
      expiresAt: "2026-01-31T00:00:00.000Z",
    });
    const rows = await api.db.selectFrom("sessions").selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(body.token.slice("mcpctl_ses_".length));
  }));

test("a session carries the scope mcp:admin while its user may edit servers", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("root");
    expect((await api.call("GET", "/api/v1/probe", { bearer })).body.scopes).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
    await api.db.updateTable("users").set({ roles: '["run"]' }).where("username", "=", "root").execute();
    expect((await api.call("GET", "/api/v1/probe", { bearer })).body.scopes).toEqual(["mcp:read", "mcp:call"]);
  }));

test("a wrong password, an unknown user, a disabled one and no user name at all are refused alike, each after one check", () =>
  withIdentityApi(async (api) => {
    await api.db.updateTable("users").set({ password_hash: null }).where("username", "=", "bob").execute();
    const attempts = [
      ["ada", "wrong"],
      ["nobody", "wrong"],
      ["eve", "eve"],
      ["bob", "bob"],
      ["ADA", "ada"],
      ["not a user name", "x"],
    ] as const;
    for (const [index, [username, password]] of attempts.entries()) {
      const { status, body, headers } = await logIn(api, username, password);
      expect({ status, body }).toEqual({ status: 401, body: { error: REFUSED } });
      expect(headers.get("www-authenticate")).toStartWith("Bearer");
      expect(headers.get("x-trace-id")).toBe("trace-1");
      expect(api.checked.times).toBe(index + 1);
    }
    expect(await api.db.selectFrom("sessions").selectAll().execute()).toEqual([]);
  }));

test("a log-in and a refusal are audited once each, with the name that was tried and never the password", () =>
  withIdentityApi(async (api) => {
    await logIn(api, "ada", "hunter2-not-hers", "10.0.0.9");
    await logIn(api, "ada", "ada", "10.0.0.9");
    expect(api.audited).toEqual([
      {
        kind: "gate_decision",
        outcome: "refused",
        at: "2026-01-01T00:00:00.000Z",
        actorKind: "none",
        actorId: "",
        actorName: "",
        user: "ada",
        method: "POST /api/v1/auth/login",
        action: "session.create",
        status: 401,
        code: "unauthenticated",
        traceId: "trace-1",
        address: "10.0.0.9",
        detail: { reason: "LOGIN_REFUSED" },
      },
    ]);
    expect(api.changes).toHaveLength(1);
    expect(api.changes[0]?.event).toMatchObject({
      kind: "rpc",
      outcome: "ok",
      action: "session.create",
      actorKind: "user",
      actorId: "usr_ada",
      actorName: "ada",
      user: "ada",
      address: "10.0.0.9",
    });
    expect(JSON.stringify([api.audited, api.changes])).not.toContain("hunter2");
  }));

test("after five failures the account waits, from any address, and the right password does not shorten it", () =>
  withIdentityApi(async (api) => {
    for (let at = 0; at < 5; at += 1) expect((await logIn(api, "ada", "wrong", `10.0.0.${at}`)).status).toBe(401);
    const { status, body, headers } = await logIn(api, "ada", "ada", "10.0.0.99");
    expect({ status, reason: body.error.reason, code: body.error.code }).toEqual({
      status: 429,
      reason: "LOGIN_THROTTLED",
      code: "rate_limited",
    });
    expect(headers.get("retry-after")).toBe("1");
    expect(api.checked.times).toBe(5);
    expect(api.audited.at(-1)).toMatchObject({ kind: "gate_decision", status: 429, user: "ada", detail: { reason: "LOGIN_THROTTLED" } });
    api.time.ms += 1000;
    expect((await logIn(api, "ada", "wrong")).status).toBe(401);
    expect((await logIn(api, "ada", "ada")).headers.get("retry-after")).toBe("2");
    api.time.ms += 2000;
    expect((await logIn(api, "ada", "ada")).status).toBe(200);
    expect((await logIn(api, "ada", "wrong")).status).toBe(401);
    expect((await logIn(api, "ada", "ada")).status).toBe(200);
  }));

test("an address that tries many names waits for all of them, others do not", () =>
  withIdentityApi(async (api) => {
    for (let at = 0; at < 20; at += 1) await logIn(api, `user${at}`, "wrong", "10.0.0.7");
    expect((await logIn(api, "ada", "ada", "10.0.0.7")).status).toBe(429);
    expect((await logIn(api, "ada", "ada", "10.0.0.8")).status).toBe(200);
  }));

test("a session ends at its absolute limit, and before it when nobody used it for so long", () =>
  withIdentityApi(async (api) => {
    const probe = async (bearer: string) => (await api.call("GET", "/api/v1/probe", { bearer })).status;
    const [idle, used] = [await api.session("ada"), await api.session("ada")];
    for (let day = 0; day < 29; day += 1) {
      api.time.ms += DAY;
      expect(await probe(used)).toBe(200);
    }
    expect(await probe(idle)).toBe(401);
    api.time.ms += DAY - 1;
    expect(await probe(used)).toBe(200);
    api.time.ms += 1;
    expect(await probe(used)).toBe(401);
  }));

test("when a session was used last is written once a minute at most", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    const lastUsed = async (afterMs: number) => {
      api.time.ms += afterMs;
      await api.call("GET", "/api/v1/probe", { bearer });
      return (await api.db.selectFrom("sessions").select("last_used_at").executeTakeFirstOrThrow()).last_used_at;
    };
    expect(await lastUsed(59_999)).toBe("2026-01-01T00:00:00.000Z");
    expect(await lastUsed(1)).toBe("2026-01-01T00:01:00.000Z");
    expect(await lastUsed(59_999)).toBe("2026-01-01T00:01:00.000Z");
  }));

test("a session of a user who was disabled opens nothing from then on", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    await api.db.updateTable("users").set({ disabled: 1 }).where("username", "=", "ada").execute();
    const { status, body } = await api.call("GET", "/api/v1/probe", { bearer });
    expect({ status, message: body.error.message }).toEqual({ status: 401, message: "Invalid token: it is unknown, expired or revoked" });
  }));

test("logging out ends the session at once, and is audited and announced", () =>
  withIdentityApi(async (api) => {
    const [bearer, other] = [await api.session("ada"), await api.session("ada")];
    const { items } = (await api.call("GET", "/api/v1/sessions", { bearer })).body;
    const { id } = items.find((each: { current: boolean }) => each.current);
    expect((await api.call("POST", "/api/v1/auth/logout", { bearer })).status).toBe(204);
    expect((await api.call("GET", "/api/v1/probe", { bearer })).status).toBe(401);
    expect((await api.call("GET", "/api/v1/probe", { bearer: other })).status).toBe(200);
    expect(api.changes.at(-1)).toEqual({
      event: expect.objectContaining({ kind: "rpc", action: "session.end", actorName: "ada", resourceName: "ada" }),
      touched: [{ kind: "sessions", ref: id }],
    });
  }));

test("a log-in of a browser comes as a cookie that no script reads and no other page sends", () =>
  withIdentityApi(async (api) => {
    const { status, body, headers } = await api.call("POST", LOGIN, { body: { username: "ada", password: "ada", client: "browser" } });
    expect({ status, body }).toEqual({ status: 200, body: { token: null, username: "ada", expiresAt: "2026-01-01T12:00:00.000Z" } });
    expect(headers.get("set-cookie")).toMatch(
      /^__Host-mcpctl=mcpctl_ses_[0-9A-Za-z]{43}; Max-Age=43200; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
  }));

test("logging out in a browser takes the cookie away", () =>
  withIdentityApi(async (api) => {
    const cookie = await cookieOf(api, "ada");
    const { status, headers } = await api.call("POST", "/api/v1/auth/logout", { headers: { cookie, origin: ORIGIN } });
    expect([status, headers.get("set-cookie")]).toEqual([204, "__Host-mcpctl=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"]);
    expect((await api.call("GET", "/api/v1/probe", { headers: { cookie } })).status).toBe(401);
  }));

test.each([
  ["a read without Origin and Sec-Fetch-Site", "GET", {}, 200],
  ["a read of a page of our own, which has no Origin", "GET", { "sec-fetch-site": "same-origin" }, 200],
  ["a read that a foreign page makes", "GET", { "sec-fetch-site": "cross-site" }, 403],
  ["a read that another host of the same site makes", "GET", { "sec-fetch-site": "same-site" }, 403],
  ["a read from our own origin", "GET", { origin: ORIGIN }, 200],
  ["a read from another port", "GET", { origin: "http://127.0.0.1:8080" }, 403],
  ["a read from our host with https", "GET", { origin: "https://127.0.0.1:3100" }, 403],
  ["a read from another name of this machine", "GET", { origin: "http://localhost:3100" }, 403],
  ["a read from an origin that was configured", "GET", { origin: "https://mcp.example" }, 200],
  ["a read from a port of it that was not", "GET", { origin: "https://mcp.example:8443" }, 403],
  ["a change from our own origin", "POST", { origin: ORIGIN }, 204],
  ["a change without Origin", "POST", {}, 403],
  ["a change without Origin that says it is ours", "POST", { "sec-fetch-site": "same-origin" }, 403],
  ["a change from another port", "POST", { origin: "http://127.0.0.1:8080" }, 403],
])("with the cookie %s: %s %o → %i", (_, method, headers, expected) =>
  withIdentityApi(async (api) => {
    const cookie = await cookieOf(api, "ada");
    const path = method === "GET" ? "/api/v1/probe" : "/api/v1/auth/logout";
    const { status, body } = await api.call(method, path, { headers: { cookie, ...headers } });
    expect(status).toBe(expected);
    if (expected === 403) expect(body.error).toMatchObject({ code: "origin_denied", reason: "ORIGIN_DENIED" });
  }),
);

test("a request with a bearer and the cookie is refused, whichever of them is good", () =>
  withIdentityApi(async (api) => {
    const cookie = await cookieOf(api, "ada");
    const bearer = await api.session("ada");
    const { status, body } = await api.call("GET", "/api/v1/probe", { bearer, headers: { cookie } });
    expect({ status, message: body.error.message }).toEqual({ status: 401, message: "Invalid token: send a bearer or a cookie, not both" });
  }));

test("a cookie holds a session and nothing else, and once", () =>
  withIdentityApi(async (api) => {
    const cookie = await cookieOf(api, "ada");
    const { body } = await api.call("POST", "/api/v1/token", { body: { username: "ada", password: "ada" } });
    for (const wrong of [`__Host-mcpctl=${body.token}`, "__Host-mcpctl=", `${cookie}; ${cookie}`, "__Host-mcpctl=mcpctl_pat_x"]) {
      expect((await api.call("GET", "/api/v1/probe", { headers: { cookie: wrong } })).status).toBe(401);
    }
    expect((await api.call("GET", "/api/v1/probe", { headers: { cookie: `a=b; ${cookie}; c` } })).status).toBe(200);
  }));

test.each([
  ["no credential", {}, "Bearer token required"],
  ["another scheme", { authorization: "Basic YWRhOmFkYQ==" }, "Invalid token: the Authorization header must be 'Bearer <token>'"],
  ["two tokens", { authorization: "Bearer a, Bearer b" }, "Invalid token: the Authorization header must be 'Bearer <token>'"],
  [
    "a token that is too long",
    { authorization: `Bearer ${"x".repeat(4097)}` },
    "Invalid token: the Authorization header must be 'Bearer <token>'",
  ],
  ["a token of no kind", { authorization: "Bearer abc" }, "Invalid token: it is unknown, expired or revoked"],
  [
    "a session that never was",
    { authorization: `Bearer mcpctl_ses_${"0".repeat(43)}` },
    "Invalid token: it is unknown, expired or revoked",
  ],
  ["a session that is cut off", { authorization: "Bearer mcpctl_ses_0" }, "Invalid token: it is unknown, expired or revoked"],
])("%s is 401", (_, headers, message) =>
  withIdentityApi(async (api) => {
    const { status, body } = await api.call("GET", "/api/v1/probe", { headers });
    expect({ status, code: body.error.code, message: body.error.message }).toEqual({ status: 401, code: "unauthenticated", message });
  }),
);

test("an address that guesses at credentials is held up; another is not", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    for (let at = 0; at < 30; at += 1) expect((await api.call("GET", "/api/v1/probe", { bearer: `guess${at}` })).status).toBe(401);
    const { status, headers } = await api.call("GET", "/api/v1/probe", { bearer: "guess" });
    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await api.call("GET", "/api/v1/probe", { bearer, address: "10.0.0.2" })).status).toBe(200);
  }));

test("a new password takes the current one, ends every other session and opens the account from then on", () =>
  withIdentityApi(async (api) => {
    const [bearer, other, foreign] = [await api.session("ada"), await api.session("ada"), await api.session("bob")];
    const change = (current: string) =>
      api.call("POST", "/api/v1/auth/password", { bearer, body: { current, next: "a new long password" } });
    const wrong = await change("guess");
    expect({ status: wrong.status, reason: wrong.body.error.reason }).toEqual({ status: 403, reason: "PASSWORD_WRONG" });
    expect(api.audited.at(-1)).toMatchObject({ kind: "gate_decision", actorName: "ada", detail: { reason: "PASSWORD_WRONG" } });
    expect((await change("ada")).status).toBe(204);
    const statusOf = async (each: string) => (await api.call("GET", "/api/v1/probe", { bearer: each })).status;
    expect([await statusOf(bearer), await statusOf(other), await statusOf(foreign)]).toEqual([200, 401, 200]);
    expect((await logIn(api, "ada", "ada")).status).toBe(401);
    expect((await logIn(api, "ada", "a new long password")).status).toBe(200);
    const changed = api.changes.find(({ event }) => event.action === "user.password");
    expect(changed).toMatchObject({ event: { kind: "rpc", actorName: "ada", resourceName: "ada" }, touched: [{ kind: "sessions" }] });
    expect(JSON.stringify([api.audited, api.changes])).not.toContain("a new long password");
  }));

test("guesses at the current password are slowed down like log-ins, and together with them", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    const body = { current: "guess", next: "a new long password" };
    for (let at = 0; at < 4; at += 1) expect((await api.call("POST", "/api/v1/auth/password", { bearer, body })).status).toBe(403);
    expect((await logIn(api, "ada", "wrong")).status).toBe(401);
    const { status, headers } = await api.call("POST", "/api/v1/auth/password", { bearer, body: { ...body, current: "ada" } });
    expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
  }));

test("a password that is too short is refused before anything is asked, and not repeated", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("ada");
    const { status, body } = await api.call("POST", "/api/v1/auth/password", { bearer, body: { current: "ada", next: "short-one" } });
    expect({ status, reason: body.error.reason }).toEqual({ status: 400, reason: "FIELD_INVALID" });
    expect(body.error.message).toContain("body.next: must have at least 12 characters");
    expect(body.error.message).not.toContain("short-one");
  }));

test("an hour of quiet ends a browser's session", () =>
  withIdentityApi(async (api) => {
    const cookie = await cookieOf(api, "ada");
    const status = async () => (await api.call("GET", "/api/v1/probe", { headers: { cookie } })).status;
    api.time.ms += HOUR - 1;
    expect(await status()).toBe(200);
    api.time.ms += HOUR;
    expect(await status()).toBe(401);
  }));
