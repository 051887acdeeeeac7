/**
 * Security rule 13: a token is good for the installation and the use that it was made for (GHSA-8pcq-mx48-hjvj: tokens of
 * one installation opened another). Issuer, audience and type are compared to the letter, by one pinned algorithm, with
 * keys that no token names.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import type { Kysely } from "kysely";
import { resolveBy } from "../../src/control/access/credential-resolver.ts";
import { plainChangeLog } from "../../src/control/change/plain-change-log.fixture.ts";
import { roleBindings } from "../../src/control/identity/bindings.fixture.ts";
import { guardedFetchJson } from "../../src/control/identity/http/guarded-fetch-json.ts";
import { addUser, present, START } from "../../src/control/identity/identity.fixture.ts";
import { issueAgentJwt, validateAgentJwt } from "../../src/control/identity/jwt/agent-jwt.ts";
import { issueApiJwt } from "../../src/control/identity/jwt/api-jwt.ts";
import { installationOf } from "../../src/control/identity/jwt/installation.ts";
import { jwtResolver } from "../../src/control/identity/jwt/jwt-resolver.ts";
import { issueJwt } from "../../src/control/identity/jwt/own-jwts.ts";
import { SigningKeys } from "../../src/control/identity/jwt/signing-keys.ts";
import { sqlRevokedJwtStore } from "../../src/control/identity/jwt/sql-revoked-jwt-store.ts";
import { sqlSigningKeyStore } from "../../src/control/identity/jwt/sql-signing-key-store.ts";
import { type JwksServer, startJwksServer } from "../../src/control/identity/oidc/jwks-server.fixture.ts";
import { oidcJwts } from "../../src/control/identity/oidc/oidc-jwts.ts";
import { sqlAccountStore } from "../../src/control/identity/sql-account-store.ts";
import { secretBox } from "../../src/core/secret-box.ts";
import { openGateway, type TestGateway } from "../../src/gateway/gateway.fixture.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { deriveKeys } from "../../src/main/master-key.ts";
import { openMemoryDatabase } from "../../src/store/memory-database.fixture.ts";
import type { Schema } from "../../src/store/schema.ts";
import { firstRequests, MCP_PATHS, modernHeaders } from "./mcp-routes.ts";

const NOW = START / 1000;
const clock = { now: () => new Date(START) };

/** mcpd's identity over this database, as the installation of this id; the signing keys are those of the database. */
function installation(db: Kysely<Schema>, id: string, issuers: readonly string[] = []) {
  const log = plainChangeLog(db);
  const fetchJson = guardedFetchJson({ isAllowedAddress: (address) => address === "127.0.0.1", allowHttp: true });
  const trusted = issuers.map((issuer) => ({ issuer, audience: "mcpctl", algorithm: "ES256", emailClaim: "email" }) as const);
  const deps = {
    clock,
    installation: installationOf(id),
    keys: new SigningKeys({
      store: sqlSigningKeyStore(db, log),
      box: secretBox({ current: { number: 1, key: new Uint8Array(32).fill(1) }, previous: [] }),
      clock,
    }),
    accounts: sqlAccountStore(db, log),
    bindings: roleBindings(),
    revoked: sqlRevokedJwtStore(db, log),
    oidc: oidcJwts(trusted, { fetchJson, clock }),
    jwtMode: true,
  };
  return { deps, resolve: resolveBy([jwtResolver(deps)]) };
}

let db: Kysely<Schema>;
let provider: JwksServer;
let gateway: TestGateway;
let ours: ReturnType<typeof installation>;

beforeAll(async () => {
  db = await openMemoryDatabase();
  await addUser(db, "ada", { roles: '["run","view"]' });
  await addUser(db, "root", { roles: '["admin"]' });
  provider = await startJwksServer("ES256");
  ours = installation(db, "ours", [provider.issuer]);
  gateway = await openGateway({ servers: { one: new ScriptedServer({ lists: { tools: [toolText("a")] } }) } });
  gateway.control.introspect = async (credential) => ours.resolve(credential);
});

afterAll(async () => {
  await Promise.all([gateway[Symbol.asyncDispose](), provider.close(), db.destroy()]);
});

/** The statuses that this bearer gets, at each path in each era. */
async function statusesOf(bearer: string): Promise<number[]> {
  const statuses = new Set<number>();
  for (const each of MCP_PATHS.filter(({ path }) => path !== "/mcp")) {
    for (const [era, body] of firstRequests(each)) {
      const headers = {
        authorization: `Bearer ${bearer}`,
        "content-type": "application/json",
        ...(era === "legacy" ? {} : modernHeaders(body)),
      };
      statuses.add((await gateway.fetch(each.path, { method: "POST", headers, body })).status);
    }
  }
  return [...statuses];
}

const account = async (name: string) => present(await ours.deps.accounts.byUsername(name));
const scopes = ["mcp:read", "mcp:call"] as const;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("security rule 13: a JWT of ours for API clients", () => {
  test("opens every path, and so does what follows not fail for another reason", async () => {
    expect(await statusesOf((await issueApiJwt(ours.deps, await account("ada"), { scopes, servers: undefined })).token)).toEqual([200]);
  });

  test("of another installation opens nothing, though it has the same users and the same key", async () => {
    const theirs = installation(db, "theirs");
    const { token } = await issueApiJwt(theirs.deps, await account("root"), { scopes, servers: undefined });
    expect(await theirs.resolve(token)).toBeDefined();
    expect(await statusesOf(token)).toEqual([401]);
    expect(await ours.resolve(token)).toBeUndefined();
  });

  test("for another use opens nothing: that of an agent no gateway, that of a gateway no agent", async () => {
    const root = await account("root");
    const forAgents = await issueAgentJwt(ours.deps, root);
    const forGateway = await issueApiJwt(ours.deps, root, { scopes, servers: undefined });
    expect(await validateAgentJwt(ours.deps, forAgents.token)).toBeDefined();
    expect(await statusesOf(forAgents.token)).toEqual([401]);
    expect(await validateAgentJwt(ours.deps, forGateway.token)).toBeUndefined();
  });

  const { gateway: use, agents } = installationOf("ours");
  const issuer = installationOf("ours").issuer;
  const good: JWTPayload = {
    iss: issuer,
    aud: use.audience,
    sub: "usr_root",
    jti: "1",
    iat: NOW,
    exp: NOW + 600,
    scope: "mcp:read mcp:call",
  };

  test.each<[string, JWTPayload, Record<string, unknown>]>([
    ["another issuer", { ...good, iss: "urn:mcpctl:theirs" }, {}],
    ["an issuer in capitals", { ...good, iss: issuer.toUpperCase() }, {}],
    ["an issuer with a slash at its end", { ...good, iss: `${issuer}/` }, {}],
    ["no issuer", { ...good, iss: undefined } as unknown as JWTPayload, {}],
    ["a list of issuers", { ...good, iss: [issuer] } as unknown as JWTPayload, {}],
    ["another audience", { ...good, aud: "theirs/gateway" }, {}],
    ["an audience that begins with ours", { ...good, aud: `${use.audience}/more` }, {}],
    ["an audience that ours begins with", { ...good, aud: "ours" }, {}],
    ["an audience in capitals", { ...good, aud: use.audience.toUpperCase() }, {}],
    ["the audience of agents", { ...good, aud: agents.audience }, {}],
    ["no audience", { ...good, aud: undefined } as unknown as JWTPayload, {}],
    ["an audience for all", { ...good, aud: "*" }, {}],
    ["the type of agents", good, { typ: agents.typ }],
    ["the common type", good, { typ: "JWT" }],
    ["no type", good, { typ: undefined }],
    ["no end", { ...good, exp: undefined } as unknown as JWTPayload, {}],
    ["no name of its own", { ...good, jti: undefined } as unknown as JWTPayload, {}],
  ])("signed by our key with %s opens nothing", async (_, claims, header) => {
    const { kid, privateKey } = await ours.deps.keys.signer();
    const sign = (payload: JWTPayload, more: object) =>
      new SignJWT(payload).setProtectedHeader({ alg: "EdDSA", typ: use.typ, kid, ...more }).sign(privateKey);
    expect(await statusesOf(await sign(good, {}))).toEqual([200]);
    expect(await statusesOf(await sign(claims, header))).toEqual([401]);
  });

  test("by another algorithm, another key or none opens nothing, whatever key it brings along", async () => {
    const [key] = await ours.deps.keys.jwks();
    const header = { typ: use.typ, kid: present(key).kid };
    const input = (more: object) => `${part({ ...header, ...more })}.${part(good)}`;
    const hmac = (secret: string, more: object = {}) => {
      const text = input({ alg: "HS256", ...more });
      return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
    };
    const { x = "" } = present(key) as { x?: string };
    const forged = [
      ...["none", "None", "NONE", "nOnE", ""].flatMap((alg) => [`${input({ alg })}.`, `${input({ alg })}.AAAA`]),
      ...[x, JSON.stringify(key), JSON.stringify(await ours.deps.keys.jwks()), "", "secret", "\0"].map((secret) => hmac(secret)),
      hmac("secret", { jwk: { kty: "oct", k: part("secret") } }),
      hmac("secret", { kid: "../../../../dev/null" }),
      hmac("", { kid: "' UNION SELECT ''-- " }),
      hmac("secret", { jku: `${provider.issuer}/keys`, x5u: `${provider.issuer}/keys` }),
      // A signature of another token of ours.
      `${input({ alg: "EdDSA" })}.${(await issueJwt(ours.deps, use, "usr_root", {})).token.split(".")[2]}`,
    ];
    for (const token of forged) expect(await statusesOf(token)).toEqual([401]);
    expect(provider.asked).toEqual([]);
  });

  test("for agents is looked at as closely: another issuer's by our key is none", async () => {
    const { kid, privateKey } = await ours.deps.keys.signer();
    const claims = { iss: issuer, aud: agents.audience, sub: "usr_root", jti: "1", iat: NOW, exp: NOW + 600, roles: ["admin"] };
    const verdict = async (more: JWTPayload) => {
      const token = await new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: "EdDSA", typ: agents.typ, kid }).sign(privateKey);
      return validateAgentJwt(ours.deps, token);
    };
    expect(await verdict({})).toMatchObject({ username: "root" });
    for (const wrong of [{ iss: "urn:mcpctl:theirs" }, { aud: "theirs/agents" }, { aud: use.audience }, { exp: NOW - 60 }]) {
      expect(await verdict(wrong)).toBeUndefined();
    }
  });

  test("issued anew for every installation: the id that issuer and audience are made of comes of its own master key", () => {
    const ids = [1, 2, 3].map((byte) => deriveKeys(new Uint8Array(32).fill(byte)).installationId);
    expect(new Set(ids).size).toBe(3);
    const all = ids.map(installationOf).flatMap(({ issuer: name, agents: one, gateway: other }) => [name, one.audience, other.audience]);
    expect(new Set(all).size).toBe(9);
    expect(one(ids).agents.typ).not.toBe(one(ids).gateway.typ);
  });
});

function one(ids: readonly string[]) {
  return installationOf(present(ids[0]));
}

describe("security rule 13: a JWT of a trusted provider", () => {
  const claims = (more: JWTPayload = {}): JWTPayload => ({
    iss: provider.issuer,
    aud: "mcpctl",
    sub: "somebody",
    iat: NOW,
    exp: NOW + 600,
    scope: "mcp:read mcp:call",
    ...more,
  });

  test("opens what its scopes say where it is for us", async () => {
    expect((await ours.resolve(await provider.sign(claims())))?.scopes).toEqual(["mcp:read", "mcp:call"]);
  });

  test.each<[string, JWTPayload]>([
    ["for another client of that provider", { aud: "wiki" }],
    ["for several others", { aud: ["wiki", "chat"] }],
    ["for us in other letters", { aud: "MCPCTL" }],
    ["for one whose name holds ours", { aud: "mcpctl.evil" }],
    ["for nobody", { aud: [] }],
    ["of another issuer by the same key", { iss: "http://127.0.0.1:1" }],
    ["of the issuer with a slash", { iss: "slash" }],
    ["of ours by their key", { iss: "urn:mcpctl:ours", aud: "ours/gateway" }],
    ["that is over", { exp: NOW - 60 }],
    ["without an end", { exp: undefined } as unknown as JWTPayload],
    ["of the future", { iat: NOW + 3600, exp: NOW + 7200 }],
    ["whose cap cannot be read", { allow_servers: [{}] } as JWTPayload],
    ["of nobody", { sub: "" }],
  ])("%s opens nothing", async (what, more) => {
    const token = await provider.sign(claims(what.includes("slash") ? { iss: `${provider.issuer}/` } : more));
    expect(await ours.resolve(token)).toBeUndefined();
    expect(await statusesOf(token)).toEqual([401]);
  });

  test("is a user's by a verified email alone, in plain letters", async () => {
    const mapped = async (more: JWTPayload) => (await ours.resolve(await provider.sign(claims(more))))?.principal;
    expect(await mapped({ email: "root@example.com", email_verified: true })).toMatchObject({ userId: "usr_root" });
    for (const unverified of [undefined, false, "true", 1, "yes", [true]]) {
      expect(await mapped({ email: "root@example.com", email_verified: unverified })).not.toHaveProperty("userId");
    }
    for (const email of [
      "root@example.com\0",
      " root@example.com",
      "root@example.com,x@y.z",
      "r\u043eot@example.com",
      "root@example.com.evil",
      ["root@example.com"],
    ]) {
      expect(await mapped({ email, email_verified: true })).not.toHaveProperty("userId");
    }
    for (const name of ["sub", "preferred_username", "upn", "name", "username"]) {
      expect(await mapped({ [name]: "root", email_verified: true })).not.toHaveProperty("userId");
    }
  });

  test("makes nobody an administrator here, whatever it says of its rights", async () => {
    const grant = await ours.resolve(
      await provider.sign(
        claims({
          scope: "mcp:read mcp:call mcp:admin",
          roles: ["admin"],
          groups: ["admin"],
          admin: true,
          bindings: [{ role: "edit", resource: "*" }],
        }),
      ),
    );
    expect(grant?.bindings.filter(({ binding }) => !("resource" in binding) || !["servers", "prompts"].includes(binding.resource))).toEqual(
      [{ binding: { action: "dispatch" }, source: "scope:mcp:call" }],
    );
  });

  test("is another principal than a user of ours of the same id, and than that of another provider", async () => {
    const other = await startJwksServer("ES256");
    const both = installation(db, "ours", [provider.issuer, other.issuer]);
    const mine = await both.resolve(await provider.sign(claims({ sub: "usr_root" })));
    const theirs = await both.resolve(await other.sign(claims({ iss: other.issuer, sub: "usr_root" })));
    const own = await both.resolve((await issueApiJwt(ours.deps, await account("root"), { scopes, servers: undefined })).token);
    const ids = [mine, theirs, own].map((grant) => grant?.principal.id);
    expect(new Set(ids).size).toBe(3);
    // A name that ends as another one begins is no other name.
    const joined = await both.resolve(await provider.sign(claims({ sub: "\nusr_root" })));
    expect(ids).not.toContain(joined?.principal.id);
    await other.close();
  });
});
