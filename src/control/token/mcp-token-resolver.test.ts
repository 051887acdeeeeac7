import { expect, test } from "bun:test";
import { callerOf } from "../../api/grant.ts";
import { generateCredential } from "../../core/credential.ts";
import { generateToken, hashToken } from "../../core/mcp-token.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { createMcpToken } from "./create-mcp-token.ts";
import { deleteMcpToken, revokeMcpToken } from "./end-mcp-token.ts";
import { mcpTokenResolver } from "./mcp-token-resolver.ts";
import { operatorKeyResolver } from "./operator-key-resolver.ts";
import { CI, NOW, tokenSetup } from "./tokens.fixture.ts";

const VIEW: RoleBinding = { role: "view", resource: "servers" };
const BY_NAME = { id: "ci", project: "one" };
const later = (ms: number) => new Date(NOW.getTime() + ms);

test("a token opens its project with its own bindings within its owner's, until it expires", async () => {
  const { deps, resolver, actorOf, setTime } = await tokenSetup();
  const { raw, listing } = await createMcpToken(deps, await actorOf("ada"), { ...CI, roleBindings: [VIEW], expiresAt: later(1000) });
  const grant = await resolver.resolve(raw);
  expect(grant).toMatchObject({
    principal: { kind: "token", id: listing.token.id, name: "ci", sha: hashToken(raw), project: "one", ownerId: "usr_ada", owner: "ada" },
    bindings: [{ binding: VIEW, source: `mcptoken-${listing.token.id}` }],
    scopes: ["mcp:read", "mcp:call"],
    expiresAt: later(1000).toISOString(),
  });
  expect(grant?.ownerBindings).toContainEqual({ binding: { role: "view", resource: "*" }, source: "role:admin" });
  setTime(later(1000));
  expect(await resolver.resolve(raw)).toBeUndefined();
});

test("what its owner loses, the token loses; what they win back, it has again", async () => {
  const { deps, resolver, actorOf, give } = await tokenSetup();
  await give("dev", { role: "create", resource: "mcptokens" }, VIEW);
  const { raw } = await createMcpToken(deps, await actorOf("dev"), { ...CI, roleBindings: [VIEW] });
  const mayView = async () => {
    const grant = await resolver.resolve(raw);
    return grant && callerOf(grant).rights.decide({ verb: "view", resource: "servers" }).allowed;
  };
  expect(await mayView()).toBe(true);
  await give("dev");
  expect(await mayView()).toBe(false);
  await give("dev", VIEW);
  expect(await mayView()).toBe(true);
});

test("only a token that may change servers carries mcp:admin, for as long as its owner may", async () => {
  const { db, deps, resolver, actorOf } = await tokenSetup();
  const { raw } = await createMcpToken(deps, await actorOf("ada"), { ...CI, rbac: "clone" });
  expect((await resolver.resolve(raw))?.scopes).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
  await db.updateTable("users").set({ roles: "[]" }).where("id", "=", "usr_ada").execute();
  expect((await resolver.resolve(raw))?.scopes).toEqual(["mcp:read", "mcp:call"]);
});

test("unknown, malformed, revoked and deleted tokens, and those of a disabled owner, open nothing", async () => {
  const { db, deps, resolver, actorOf } = await tokenSetup();
  const ada = await actorOf("ada");
  const { raw } = await createMcpToken(deps, ada, CI);
  for (const other of [generateToken(), "mcpctl_pat_", `${raw}x`, raw.slice(0, -1)]) expect(await resolver.resolve(other)).toBeUndefined();
  await db.updateTable("users").set({ disabled: 1 }).where("id", "=", "usr_ada").execute();
  expect(await resolver.resolve(raw)).toBeUndefined();
  await db.updateTable("users").set({ disabled: 0 }).where("id", "=", "usr_ada").execute();
  expect(await resolver.resolve(raw)).toBeDefined();
  await revokeMcpToken(deps, ada, BY_NAME);
  expect(await resolver.resolve(raw)).toBeUndefined();
  const second = await createMcpToken(deps, ada, CI);
  await deleteMcpToken(deps, ada, BY_NAME);
  expect(await resolver.resolve(second.raw)).toBeUndefined();
});

test("a token goes with its project", async () => {
  const { db, deps, resolver, actorOf } = await tokenSetup();
  const ada = await actorOf("ada");
  const { raw } = await createMcpToken(deps, ada, { ...CI, roleBindings: [VIEW] });
  await db.deleteFrom("projects").where("id", "=", "prj_one").execute();
  expect(await resolver.resolve(raw)).toBeUndefined();
  expect(await db.selectFrom("rbac_definitions").selectAll().execute()).toEqual([]);
});

test("a use is kept once a minute, asked for no more often, and its failure refuses nothing", async () => {
  const { deps, actorOf, setTime } = await tokenSetup();
  const { raw, listing } = await createMcpToken(deps, await actorOf("ada"), CI);
  const uses: Date[] = [];
  const recordUse = async (id: string, at: Date) => {
    uses.push(at);
    await deps.tokens.recordUse(id, at);
    throw new Error("the disk is full");
  };
  const resolver = mcpTokenResolver({ ...deps, tokens: { byHash: deps.tokens.byHash, recordUse } });
  for (const ms of [0, 1, 59_999, 60_000, 60_001]) {
    setTime(later(ms));
    expect(await resolver.resolve(raw)).toBeDefined();
    // The next look-up waits behind the write on the one connection.
    await deps.tokens.byId(listing.token.id);
  }
  expect(uses).toEqual([later(0), later(60_000)]);
});

test("each resolver takes its own kind of credential alone", async () => {
  const { resolver } = await tokenSetup();
  const key = generateCredential("operator");
  const operator = operatorKeyResolver(hashToken(key));
  const session = generateCredential("session");
  expect([key, generateToken(), session, "eyJhbGciOiJ.x.y"].map((raw) => [resolver.takes(raw), operator.takes(raw)])).toEqual([
    [false, true],
    [true, false],
    [false, false],
    [false, false],
  ]);
});

test("the operator key of this instance opens everything, and no other opens anything", async () => {
  const key = generateCredential("operator");
  const operator = operatorKeyResolver(hashToken(key));
  const grant = await operator.resolve(key);
  expect(grant?.principal).toEqual({ kind: "system", id: "system" });
  expect(grant?.scopes).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
  expect(grant && callerOf(grant).rights.decide({ verb: "delete", resource: "*" }).allowed).toBe(true);
  for (const other of [generateCredential("operator"), `${key}x`, "mcpctl_op_"]) expect(await operator.resolve(other)).toBeUndefined();
});
