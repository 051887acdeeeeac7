import { expect, test } from "bun:test";
import { secretBox } from "../../../core/secret-box.ts";
import { openMemoryDatabase } from "../../../store/memory-database.fixture.ts";
import { plainChangeLog } from "../../change/plain-change-log.fixture.ts";
import { roleBindings } from "../bindings.fixture.ts";
import { guardedFetchJson } from "../http/guarded-fetch-json.ts";
import { addUser, at, EVENT, HOUR, present, START } from "../identity.fixture.ts";
import { startJwksServer } from "../oidc/jwks-server.fixture.ts";
import { oidcJwts } from "../oidc/oidc-jwts.ts";
import { sqlAccountStore } from "../sql-account-store.ts";
import { issueAgentJwt } from "./agent-jwt.ts";
import { issueApiJwt } from "./api-jwt.ts";
import { installationOf } from "./installation.ts";
import { jwtResolver } from "./jwt-resolver.ts";
import { issueJwt } from "./own-jwts.ts";
import { SigningKeys } from "./signing-keys.ts";
import { sqlRevokedJwtStore } from "./sql-revoked-jwt-store.ts";
import { sqlSigningKeyStore } from "./sql-signing-key-store.ts";

const provider = { audience: "mcpctl", algorithm: "ES256", emailClaim: "email" } as const;

async function setup(issuers: readonly string[] = []) {
  const db = await openMemoryDatabase();
  await addUser(db, "ada", { roles: '["run"]' });
  const log = plainChangeLog(db);
  const clock = { now: () => new Date(START) };
  const box = secretBox({ current: { number: 1, key: new Uint8Array(32).fill(1) }, previous: [] });
  const fetchJson = guardedFetchJson({ isAllowedAddress: (address) => address === "127.0.0.1", allowHttp: true });
  const deps = {
    clock,
    installation: installationOf("ours"),
    keys: new SigningKeys({ store: sqlSigningKeyStore(db, log), box, clock }),
    accounts: sqlAccountStore(db, log),
    bindings: roleBindings(),
    revoked: sqlRevokedJwtStore(db, log),
    oidc: oidcJwts(
      issuers.map((issuer) => ({ ...provider, issuer })),
      { fetchJson, clock },
    ),
    jwtMode: true,
  };
  const ada = present(await deps.accounts.byUsername("ada"));
  return { db, deps, ada, resolver: jwtResolver(deps) };
}

const input = { scopes: ["mcp:call"] as const, servers: ["docs"] };

test("a JWT of ours for API clients opens what its user may now, within its scopes and servers", async () => {
  const { db, deps, ada, resolver } = await setup();
  const { token } = await issueApiJwt(deps, ada, input);
  expect(resolver.takes(token)).toBe(true);
  expect(await resolver.resolve(token)).toEqual({
    principal: { kind: "jwt", id: "usr_ada", name: "ada", userId: "usr_ada" },
    bindings: [{ binding: { role: "run", resource: "*" }, source: "role:run" }],
    scopes: ["mcp:call"],
    allowServers: ["docs"],
    expiresAt: at(HOUR).toISOString(),
  });
  await db.updateTable("users").set({ roles: "[]" }).execute();
  expect((await resolver.resolve(token))?.bindings).toEqual([]);
  await db.updateTable("users").set({ disabled: 1 }).execute();
  expect(await resolver.resolve(token)).toBeUndefined();
  await db.destroy();
});

test("a JWT for agents opens nothing here", async () => {
  const { db, deps, ada, resolver } = await setup();
  expect(await resolver.resolve((await issueAgentJwt(deps, ada)).token)).toBeUndefined();
  await db.destroy();
});

test("a JWT that was revoked opens nothing", async () => {
  const { db, deps, ada, resolver } = await setup();
  const { token, jti, expiresAt } = await issueApiJwt(deps, ada, input);
  expect(await resolver.resolve(token)).toBeDefined();
  await deps.revoked.revoke({ jti, expiresAt, at: at(0), event: EVENT });
  expect(await resolver.resolve(token)).toBeUndefined();
  await db.destroy();
});

test("a JWT of another installation opens nothing, though it has the same user", async () => {
  const [first, second] = [await setup(), await setup()];
  const theirs = { ...second.deps, installation: installationOf("theirs") };
  const { token } = await issueApiJwt(theirs, second.ada, input);
  expect(await jwtResolver(theirs).resolve(token)).toBeDefined();
  expect(await first.resolver.resolve(token)).toBeUndefined();
  // Not even where both have the same key.
  const sameKey = { ...first.deps, installation: installationOf("theirs") };
  expect(await first.resolver.resolve((await issueApiJwt(sameKey, first.ada, input)).token)).toBeUndefined();
  await Promise.all([first.db.destroy(), second.db.destroy()]);
});

test("a JWT of a trusted issuer is verified by that issuer's keys alone", async () => {
  const server = await startJwksServer("ES256");
  const { db, deps, resolver } = await setup([server.issuer]);
  const claims = { iss: server.issuer, aud: "mcpctl", sub: "1", iat: START / 1000, exp: START / 1000 + 60 };
  const grant = await resolver.resolve(await server.sign({ ...claims, email: "ada@example.com", email_verified: true }));
  expect(grant?.principal).toMatchObject({ kind: "jwt", userId: "usr_ada" });
  // What claims to be ours but is signed by another issuer, and the other way round.
  const asOurs = { ...claims, iss: deps.installation.issuer, aud: deps.installation.gateway.audience, jti: "1", scope: "mcp:call" };
  const typ = deps.installation.gateway.typ;
  expect(await resolver.resolve(await server.sign({ ...asOurs, sub: "usr_ada" }, { typ, kid: "k1" }))).toBeUndefined();
  const disguised = { ...deps, installation: { ...deps.installation, issuer: server.issuer } };
  const { token } = await issueJwt(disguised, { typ: "JWT", audience: "mcpctl" }, "1", { email: "ada@example.com", email_verified: true });
  expect(await resolver.resolve(token)).toBeUndefined();
  await Promise.all([db.destroy(), server.close()]);
});

test("what is no JWT, or of an issuer that nobody trusts, opens nothing", async () => {
  const { db, resolver } = await setup();
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const of = (iss: unknown) => `${part({ alg: "ES256" })}.${part({ iss })}.${part("x")}`;
  for (const token of [of("https://login.example"), of(undefined), of({}), of(["ours"]), "eyJhbGciOiJ.e30.x", "eyJ.-.-"]) {
    expect(await resolver.resolve(token)).toBeUndefined();
  }
  expect(resolver.takes("mcpctl_pat_x")).toBe(false);
  await db.destroy();
});
