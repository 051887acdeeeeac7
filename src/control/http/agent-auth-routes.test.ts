import { expect, test } from "bun:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { HOUR } from "../identity/identity.fixture.ts";
import { nodeKeyOf } from "../node/node-key.ts";
import { type IdentityApi, NODE_KEYS, withIdentityApi } from "./identity-api.fixture.ts";

const logIn = ({ call }: IdentityApi, username: string, password = username) =>
  call("POST", "/v1/auth/login", { body: { username, password } });
const validate = ({ call }: IdentityApi, token: string) => call("POST", "/v1/token/validate", { body: { token } });

async function agentToken(api: IdentityApi, name: string): Promise<string> {
  return (await logIn(api, name)).body.token;
}

async function apiToken({ call }: IdentityApi, name: string): Promise<string> {
  return (await call("POST", "/api/v1/token", { body: { username: name, password: name } })).body.token;
}

test("a log-in gives a JWT of an hour that says whose it is and with which roles", () =>
  withIdentityApi(async (api) => {
    const { status, body } = await logIn(api, "root");
    expect({ status, expires: body.expires_at }).toEqual({ status: 200, expires: "2026-01-01T01:00:00.000Z" });
    const { status: validated, body: identity } = await validate(api, body.token);
    expect(validated).toBe(200);
    expect(identity).toEqual({ valid: true, username: "root", roles: ["admin"], expires_at: "2026-01-01T01:00:00.000Z" });
    api.time.ms += HOUR + 6000;
    expect((await validate(api, body.token)).body).toEqual({ valid: false });
  }));

test("others verify it by the public keys, which hold nothing private", () =>
  withIdentityApi(async (api) => {
    const token = await agentToken(api, "root");
    const { body } = await api.call("GET", "/.well-known/jwks.json");
    expect(body.keys).toEqual([
      { kty: "OKP", crv: "Ed25519", x: expect.stringMatching(/^[\w-]{43}$/), kid: "k1", alg: "EdDSA", use: "sig" },
    ]);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(body), { currentDate: new Date(api.time.ms) });
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "mcpctl-agent+jwt", kid: "k1" });
    expect(payload).toMatchObject({
      iss: "urn:mcpctl:0123456789abcdef",
      aud: "0123456789abcdef/agents",
      sub: "usr_root",
      name: "root",
      roles: ["admin"],
    });
  }));

test("the public keys are there before the first log-in", () =>
  withIdentityApi(async (api) => {
    expect((await api.call("GET", "/.well-known/jwks.json")).body.keys).toHaveLength(1);
  }));

test("a wrong password is refused and throttled like every log-in, and audited with the name that was tried", () =>
  withIdentityApi(async (api) => {
    for (let at = 0; at < 5; at += 1) {
      expect(await logIn(api, "root", "wrong")).toMatchObject({ status: 401, body: { error: { message: "wrong user name or password" } } });
    }
    const { status, headers } = await logIn(api, "root");
    expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
    const elsewhere = await api.call("POST", "/api/v1/auth/login", { body: { username: "root", password: "root" } });
    expect(elsewhere.status).toBe(429);
    expect(api.audited).toHaveLength(7);
    expect(api.audited[0]).toMatchObject({ kind: "gate_decision", outcome: "refused", user: "root", method: "POST /v1/auth/login" });
  }));

test("a log-in is audited with the token's id and not the token", () =>
  withIdentityApi(async (api) => {
    const token = await agentToken(api, "ada");
    expect(api.audited).toEqual([
      expect.objectContaining({ kind: "rpc", outcome: "ok", action: "jwt.create", resource: "jwts", actorName: "ada", user: "ada" }),
    ]);
    expect(JSON.stringify(api.audited)).not.toContain(token.split(".")[2] ?? "");
  }));

test("a token of a user who is disabled or gone is not valid from then on", () =>
  withIdentityApi(async (api) => {
    const [ofRoot, ofAda] = [await agentToken(api, "root"), await agentToken(api, "ada")];
    await api.db.updateTable("users").set({ disabled: 1 }).where("username", "=", "root").execute();
    await api.db.deleteFrom("users").where("username", "=", "ada").execute();
    for (const token of [ofRoot, ofAda]) expect((await validate(api, token)).body).toEqual({ valid: false });
  }));

test("a role that the user has lost is not the token's any more, and one that came later is not yet", () =>
  withIdentityApi(async (api) => {
    const token = await agentToken(api, "root");
    await api.db.updateTable("users").set({ roles: '["view"]' }).where("username", "=", "root").execute();
    expect((await validate(api, token)).body).toMatchObject({ valid: true, roles: [] });
  }));

test("logging out revokes the token at once, is audited, and cannot be done twice", () =>
  withIdentityApi(async (api) => {
    const [token, other] = [await agentToken(api, "root"), await agentToken(api, "root")];
    expect((await api.call("POST", "/v1/auth/logout", { bearer: token })).status).toBe(204);
    expect((await validate(api, token)).body).toEqual({ valid: false });
    expect((await validate(api, other)).body.valid).toBe(true);
    const { event, touched } = api.changes.at(-1) ?? {};
    expect(event).toMatchObject({ action: "jwt.revoke", actorKind: "jwt", actorId: "usr_root", actorName: "root", user: "root" });
    expect(touched).toEqual([{ kind: "jwts", ref: decodeJwt(token).jti ?? "" }]);
    expect((await api.call("POST", "/v1/auth/logout", { bearer: token })).status).toBe(401);
  }));

test("a client's JWT is revoked in the same way, and opens nothing from then on", () =>
  withIdentityApi(async (api) => {
    const token = await apiToken(api, "ada");
    expect((await api.call("GET", "/api/v1/probe", { bearer: token })).status).toBe(200);
    expect((await api.call("POST", "/v1/auth/logout", { bearer: token })).status).toBe(204);
    expect((await api.call("GET", "/api/v1/probe", { bearer: token })).status).toBe(401);
  }));

test("logging out without a JWT of ours is 401", () =>
  withIdentityApi(async (api) => {
    const session = await api.session("root");
    for (const bearer of [undefined, "abc", session]) {
      const { status } = await api.call("POST", "/v1/auth/logout", bearer === undefined ? {} : { bearer });
      expect(status).toBe(401);
    }
    expect((await api.call("GET", "/api/v1/probe", { bearer: session })).status).toBe(200);
  }));

test("a JWT for agents opens no API of mcpd's, and a client's JWT is none for agents", () =>
  withIdentityApi(async (api) => {
    const [forAgents, forClients] = [await agentToken(api, "root"), await apiToken(api, "root")];
    expect((await validate(api, forAgents)).body.valid).toBe(true);
    expect((await validate(api, forClients)).body).toEqual({ valid: false });
    expect((await api.call("GET", "/api/v1/probe", { bearer: forClients })).status).toBe(200);
    const { status, body } = await api.call("GET", "/api/v1/probe", { bearer: forAgents });
    expect({ status, message: body.error.message }).toEqual({ status: 401, message: "Invalid token: it is unknown, expired or revoked" });
  }));

test("whatever is no valid token for agents is answered alike", () =>
  withIdentityApi(async (api) => {
    const token = await agentToken(api, "root");
    const [header = "", payload = "", signature = ""] = token.split(".");
    const none = `${Buffer.from('{"alg":"none","typ":"mcpctl-agent+jwt"}').toString("base64url")}.${payload}.`;
    const swapped = `${header}.${Buffer.from('{"sub":"usr_ada"}').toString("base64url")}.${signature}`;
    for (const bad of ["", "abc", none, swapped, `${token}x`, ` ${token}`, await api.session("root"), "\u0000"]) {
      expect(await validate(api, bad)).toMatchObject({ status: 200, body: { valid: false } });
      expect(Object.keys((await validate(api, bad)).body)).toEqual(["valid"]);
    }
  }));

test("the key of a node is a gateway's that may reach the components of that node, until the node is gone", () =>
  withIdentityApi(async (api) => {
    const node = { id: `nod_${"a".repeat(22)}`, name: "rack-1", address: "rack-1:9444", description: "", certificate: null };
    const dates = { version: 1, created_at: "", updated_at: "" };
    await api.db
      .insertInto("nodes")
      .values({ ...node, ...dates })
      .execute();
    const key = nodeKeyOf(NODE_KEYS, node.id);
    expect((await validate(api, key)).body).toEqual({ valid: true, username: "gateway", roles: ["proxy"], node: "rack-1" });
    for (const other of [`${key}0`, nodeKeyOf(new Uint8Array(32), node.id), nodeKeyOf(NODE_KEYS, `nod_${"b".repeat(22)}`)]) {
      expect((await validate(api, other)).body).toEqual({ valid: false });
    }
    await api.db.deleteFrom("nodes").execute();
    expect((await validate(api, key)).body).toEqual({ valid: false });
  }));
