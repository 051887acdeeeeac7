import { expect, test } from "bun:test";
import type { JWTPayload } from "jose";
import type { GrantedBinding } from "../../../core/permission.ts";
import type { Account } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import { roleBindings } from "../bindings.fixture.ts";
import { START } from "../identity.fixture.ts";
import { oidcGrant } from "./oidc-grant.ts";
import type { OidcIssuer } from "./oidc-issuer.ts";

const ISSUER: OidcIssuer = { issuer: "https://login.example", audience: "mcpctl", algorithm: "RS256", emailClaim: "email" };
const ADA: Account = {
  id: "usr_ada",
  username: "ada",
  email: "ada@example.com",
  passwordHash: undefined,
  roles: ["admin"],
  disabled: false,
};
const DEV: GrantedBinding = { binding: { role: "run", resource: "servers", name: "docs" }, source: "dev-servers (group dev)" };
const CLAIMS = { sub: "ada@idp", exp: START / 1000 + 300 };
const VERIFIED = { ...CLAIMS, email: "ada@example.com", email_verified: true };

interface Setup {
  readonly issuer?: Partial<OidcIssuer>;
  readonly jwtMode?: boolean;
  readonly account?: Account;
}

async function grantOf(claims: JWTPayload & Record<string, unknown>, { issuer = {}, jwtMode = false, account = ADA }: Setup = {}) {
  const never = () => Promise.reject(new Error("not asked"));
  const accounts: AccountStore = {
    byId: never,
    byUsername: never,
    changePassword: never,
    byEmail: async (email) => (email === account.email ? account : undefined),
  };
  return await oidcGrant({ accounts, bindings: roleBindings({ dev: [DEV] }), jwtMode }, { ...ISSUER, ...issuer }, claims);
}

test("a verified email maps to its user, who may then do what they may", async () => {
  const grant = await grantOf(VERIFIED);
  expect(grant?.principal).toEqual({ kind: "jwt", id: expect.stringMatching(/^ext_[0-9a-f]{32}$/), name: "ada", userId: "usr_ada" });
  expect(grant).toMatchObject({ scopes: ["mcp:read", "mcp:call"], expiresAt: "2026-01-01T00:05:00.000Z" });
  expect(grant?.bindings).toHaveLength(6);
  expect((await grantOf({ ...VERIFIED, email: "ADA@Example.com" }))?.principal).toMatchObject({ userId: "usr_ada" });
});

test.each<[string, Record<string, unknown>]>([
  ["an email that nobody verified", { email_verified: false }],
  ["an email of which nothing is said", { email_verified: undefined }],
  ["a verification that is not true", { email_verified: "true" }],
  ["another's email", { email: "eve@example.com" }],
  ["letters that only look alike", { email: "\u00e1da@example.com" }],
  ["several emails", { email: ["ada@example.com"] }],
  ["no email", { email: undefined }],
])("%s maps to nobody", async (_, changed) => {
  expect(await grantOf({ ...VERIFIED, ...changed })).toBeUndefined();
});

test("letters that become alike in lower case are another email's", async () => {
  const account = { ...ADA, email: "kim@example.com" };
  expect(await grantOf({ ...VERIFIED, email: "Kim@example.com" }, { account })).toBeDefined();
  // U+212A, the Kelvin sign, is a k in lower case.
  expect(await grantOf({ ...VERIFIED, email: "\u212aim@example.com" }, { account })).toBeUndefined();
});

test("a user who is disabled is let in by nothing else either", async () => {
  const claims = { ...VERIFIED, groups: ["dev"], scope: "mcp:read" };
  expect(await grantOf(claims, { account: { ...ADA, disabled: true }, issuer: { groupsClaim: "groups" }, jwtMode: true })).toBeUndefined();
});

test("who maps to no user has the rights of the groups that the claim names, where one is configured", async () => {
  const claims = { ...CLAIMS, groups: ["dev", "unknown"] };
  const grant = await grantOf(claims, { issuer: { groupsClaim: "groups" } });
  expect(grant).toMatchObject({ bindings: [DEV], scopes: ["mcp:read", "mcp:call"], principal: { kind: "jwt", name: "ada@idp" } });
  expect(grant?.principal).not.toHaveProperty("userId");
  expect(await grantOf(claims)).toBeUndefined();
  expect(await grantOf({ ...CLAIMS, groups: ["unknown"] }, { issuer: { groupsClaim: "groups" } })).toBeUndefined();
  expect(await grantOf({ ...CLAIMS, groups: "dev" }, { issuer: { groupsClaim: "groups" } })).toBeUndefined();
});

test("where a claim of scopes is configured it caps them, and mcp:admin takes edit on servers", async () => {
  const issuer = { scopesClaim: "scp", groupsClaim: "groups" };
  expect((await grantOf({ ...VERIFIED, scp: ["mcp:read", "mcp:admin", "other"] }, { issuer }))?.scopes).toEqual(["mcp:read", "mcp:admin"]);
  expect((await grantOf(VERIFIED, { issuer }))?.scopes).toEqual([]);
  const inGroup = { ...CLAIMS, groups: ["dev"], scp: "mcp:call mcp:admin" };
  expect((await grantOf(inGroup, { issuer }))?.scopes).toEqual(["mcp:call"]);
});

test("who maps to nobody opens nothing unless JWT mode is on; then its scopes decide", async () => {
  const claims = { ...CLAIMS, scope: "openid mcp:read mcp:call" };
  expect(await grantOf(claims)).toBeUndefined();
  const grant = await grantOf(claims, { jwtMode: true });
  expect(grant?.scopes).toEqual(["mcp:read", "mcp:call"]);
  expect(grant?.bindings).toEqual([
    { binding: { role: "view", resource: "servers" }, source: "scope:mcp:read" },
    { binding: { role: "view", resource: "prompts" }, source: "scope:mcp:read" },
    { binding: { role: "run", resource: "servers" }, source: "scope:mcp:call" },
    { binding: { action: "dispatch" }, source: "scope:mcp:call" },
  ]);
  expect((await grantOf(CLAIMS, { jwtMode: true }))?.bindings).toEqual([]);
});

test("no scope of another's provider makes an administrator", async () => {
  const grant = await grantOf({ ...CLAIMS, scope: "mcp:admin" }, { jwtMode: true });
  expect(grant).toMatchObject({ bindings: [], scopes: ["mcp:admin"] });
});

test("allow_servers caps whoever it is, also when it names none; what cannot be read as a cap opens nothing", async () => {
  const claims = { ...CLAIMS, scope: "mcp:read" };
  const capped = await grantOf({ ...claims, allow_servers: ["docs"] }, { jwtMode: true });
  expect(capped).toMatchObject({
    allowServers: ["docs"],
    bindings: [{ binding: { role: "view", resource: "servers", name: "docs" }, source: "scope:mcp:read" }],
  });
  expect((await grantOf({ ...claims, allow_servers: [] }, { jwtMode: true }))?.bindings).toEqual([]);
  expect((await grantOf({ ...VERIFIED, allow_servers: "docs search" }))?.allowServers).toEqual(["docs", "search"]);
  expect((await grantOf({ ...VERIFIED, allow_servers: ["*"] }))?.allowServers).toBeUndefined();
  for (const unreadable of [null, 7, { docs: true }, [7], ["x".repeat(33)]]) {
    expect(await grantOf({ ...VERIFIED, allow_servers: unreadable })).toBeUndefined();
  }
});

test("one subject of two issuers is two principals, and the same at every log-in", async () => {
  const idOf = async (issuer: string, sub: string) => (await grantOf({ ...VERIFIED, sub }, { issuer: { issuer } }))?.principal.id;
  const ids = [await idOf("https://a.example", "1"), await idOf("https://b.example", "1"), await idOf("https://a.example", "2")];
  expect(new Set(ids).size).toBe(3);
  expect(await idOf("https://a.example", "1")).toBe(ids[0]);
});
