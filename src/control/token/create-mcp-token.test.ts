import { expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { hashToken, isMcpToken } from "../../core/mcp-token.ts";
import { ALL_BINDINGS, type RoleBinding } from "../../core/permission.ts";
import { systemActor } from "../access/system-actor.ts";
import { createMcpToken } from "./create-mcp-token.ts";
import { revokeMcpToken } from "./end-mcp-token.ts";
import { actorWith, CI, NOW, tokenSetup } from "./tokens.fixture.ts";

const DAY_MS = 86_400_000;
const VIEW_FILES: RoleBinding = { role: "view", resource: "servers", name: "files" };
const CREATE: RoleBinding = { role: "create", resource: "mcptokens" };

test("the raw token is in the answer, and what is stored has its hash and no more than its head", async () => {
  const { db, deps, actorOf } = await tokenSetup();
  const { raw, listing } = await createMcpToken(deps, await actorOf("ada"), { ...CI, description: "for the build" });
  expect(isMcpToken(raw)).toBe(true);
  expect(listing).toMatchObject({ project: "one", owner: "ada", roleBindings: [] });
  expect(listing.token).toMatchObject({ name: "ci", description: "for the build", sha256: hashToken(raw), createdAt: NOW });
  expect(await deps.tokens.byName("one", "ci")).toEqual(listing);
  const rows = JSON.stringify([
    await db.selectFrom("mcp_tokens").selectAll().execute(),
    await db.selectFrom("rbac_definitions").selectAll().execute(),
  ]);
  expect(rows).toContain(raw.slice(0, "mcpctl_pat_".length + 4));
  expect(rows).not.toContain(raw.slice(0, "mcpctl_pat_".length + 5));
});

test("an empty token has the bindings that were given and no definition where there are none", async () => {
  const { db, deps, actorOf } = await tokenSetup();
  const ada = await actorOf("ada");
  const definitions = () => db.selectFrom("rbac_definitions").select(["name", "role_bindings"]).execute();
  await createMcpToken(deps, ada, CI);
  expect(await definitions()).toEqual([]);
  const { listing } = await createMcpToken(deps, ada, { ...CI, name: "other", roleBindings: [VIEW_FILES, VIEW_FILES] });
  expect(listing.roleBindings).toEqual([VIEW_FILES]);
  expect(await definitions()).toEqual([{ name: `mcptoken-${listing.token.id}`, role_bindings: JSON.stringify([VIEW_FILES]) }]);
});

test("a clone has what its creator may do now besides, each binding once; an administrator's has everything", async () => {
  const { deps, actorOf, give } = await tokenSetup();
  await give("dev", CREATE, VIEW_FILES);
  const input = { ...CI, rbac: "clone", roleBindings: [VIEW_FILES] } as const;
  expect((await createMcpToken(deps, await actorOf("dev"), input)).listing.roleBindings).toEqual([VIEW_FILES, CREATE]);
  const whole = await createMcpToken(deps, await actorOf("ada"), { ...CI, name: "whole", rbac: "clone" });
  expect(whole.listing.roleBindings).toEqual([...ALL_BINDINGS]);
});

test("a binding that the creator does not hold is refused by name, and nothing is made", async () => {
  const { db, deps, actorOf, give, changes } = await tokenSetup();
  await give("dev", CREATE, { role: "view", resource: "servers" });
  const edit: RoleBinding = { role: "edit", resource: "servers", name: "files" };
  const creating = createMcpToken(deps, await actorOf("dev"), { ...CI, roleBindings: [VIEW_FILES, edit] });
  await expect(creating).rejects.toMatchObject({
    code: "denied",
    reason: "RIGHTS_NOT_HELD",
    message: expect.stringContaining("role:edit,resource:servers,name:files"),
  });
  expect([await db.selectFrom("mcp_tokens").selectAll().execute(), changes]).toEqual([[], []]);
});

test("the definition that is made for a token has the token's hash as its only subject", async () => {
  const { db, deps, actorOf } = await tokenSetup();
  const { raw, listing } = await createMcpToken(deps, await actorOf("ada"), { ...CI, roleBindings: [VIEW_FILES] });
  const [definition] = await db.selectFrom("rbac_definitions").selectAll().execute();
  expect(definition).toMatchObject({ name: `mcptoken-${listing.token.id}`, token_id: listing.token.id, version: 1 });
  expect(await db.selectFrom("rbac_subjects").select(["kind", "name"]).execute()).toEqual([{ kind: "McpToken", name: hashToken(raw) }]);
});

test("a name that an active token has is a conflict, with the way out in the hint; force takes its place", async () => {
  const { deps, actorOf, changes } = await tokenSetup();
  const ada = await actorOf("ada");
  const first = await createMcpToken(deps, ada, { ...CI, roleBindings: [VIEW_FILES] });
  await expect(createMcpToken(deps, ada, CI)).rejects.toMatchObject({
    code: "conflict",
    reason: "MCP_TOKEN_NAME_TAKEN",
    hint: expect.stringContaining("--force"),
  });
  const second = await createMcpToken(deps, ada, { ...CI, force: true });
  expect((await deps.tokens.byId(first.listing.token.id))?.token.revokedAt).toEqual(NOW);
  expect((await deps.tokens.byName("one", "ci"))?.token.id).toBe(second.listing.token.id);
  expect(changes.at(-1)?.event.detail).toMatchObject({ revoked: { id: first.listing.token.id, sha: first.listing.token.sha256 } });
});

test("force where there is none creates, and takes the right to delete besides", async () => {
  const { deps, actorOf, give } = await tokenSetup();
  await give("dev", CREATE);
  const forced = { ...CI, force: true };
  await expect(createMcpToken(deps, await actorOf("dev"), forced)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
  await give("dev", CREATE, { role: "delete", resource: "mcptokens", name: "one/*" });
  expect((await createMcpToken(deps, await actorOf("dev"), forced)).listing.owner).toBe("dev");
});

test("an expired or revoked token leaves its name to the next", async () => {
  const { deps, actorOf, setTime } = await tokenSetup();
  const ada = await actorOf("ada");
  await createMcpToken(deps, ada, { ...CI, expiresAt: new Date(NOW.getTime() + 1000) });
  setTime(new Date(NOW.getTime() + 1000));
  const second = await createMcpToken(deps, ada, CI);
  await revokeMcpToken(deps, ada, { id: "ci", project: "one" });
  const third = await createMcpToken(deps, ada, CI);
  expect(third.listing.token.id).not.toBe(second.listing.token.id);
});

test.each([
  ["in the past", -1, "past"],
  ["at this moment", 0, "past"],
  ["over ten years ahead", 3653.1 * DAY_MS, "10 years"],
])("an end %s is refused", async (_, offsetMs, message) => {
  const { deps, actorOf } = await tokenSetup();
  const creating = createMcpToken(deps, await actorOf("ada"), { ...CI, expiresAt: new Date(NOW.getTime() + offsetMs) });
  await expect(creating).rejects.toMatchObject({
    code: "invalid",
    reason: "TOKEN_EXPIRY_INVALID",
    message: expect.stringContaining(message),
  });
});

test("an end a moment ahead, in ten years, and none at all are taken", async () => {
  const { deps, actorOf } = await tokenSetup();
  const ends = [new Date(NOW.getTime() + 1), new Date("2036-01-02T03:04:05.678Z"), undefined];
  for (const [index, expiresAt] of ends.entries()) {
    const { listing } = await createMcpToken(deps, await actorOf("ada"), { ...CI, name: `ci-${index}`, expiresAt });
    expect((await deps.tokens.byId(listing.token.id))?.token.expiresAt).toEqual(expiresAt);
  }
});

test("it takes the right to create tokens of this project, whether there is such a project or not", async () => {
  const { deps, actorOf, give } = await tokenSetup();
  await give("dev", { role: "create", resource: "mcptokens", name: "one/*" });
  const dev = await actorOf("dev");
  for (const project of ["two", "none"]) {
    await expect(createMcpToken(deps, dev, { ...CI, project })).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
  }
  expect((await createMcpToken(deps, dev, CI)).listing.project).toBe("one");
  const unknown = createMcpToken(deps, await actorOf("ada"), { ...CI, project: "none" });
  await expect(unknown).rejects.toMatchObject({ code: "not_found", reason: "PROJECT_UNKNOWN" });
});

test("what is recorded says who made which token with which rights, and never the raw token", async () => {
  const { deps, actorOf, changes } = await tokenSetup();
  const expiresAt = new Date(NOW.getTime() + DAY_MS);
  const { raw, listing } = await createMcpToken(deps, await actorOf("ada"), { ...CI, roleBindings: [VIEW_FILES], expiresAt });
  const { sha256, id } = listing.token;
  expect(changes).toEqual([
    {
      event: expect.objectContaining({
        kind: "token_issued",
        outcome: "ok",
        action: "mcptoken.create",
        actorKind: "user",
        actorName: "ada",
        user: "ada",
        project: "one",
        resourceName: "one/ci",
        tokenName: "ci",
        tokenSha: sha256,
        traceId: "trace",
        address: "10.0.0.9",
        detail: {
          id,
          name: "ci",
          project: "one",
          roleBindings: ["role:view,resource:servers,name:files"],
          expiresAt: expiresAt.toISOString(),
        },
      }),
      touched: [
        { kind: "mcptokens", ref: sha256 },
        { kind: "rbac", ref: expect.stringMatching(/^rbac_/) },
      ],
    },
  ]);
  expect(JSON.stringify(changes)).not.toContain(raw.slice("mcpctl_pat_".length));
});

const ALL = ALL_BINDINGS.map((binding) => ({ binding, source: "test" }));
const GRANTS: readonly (readonly [string, Grant])[] = [
  [
    "a token",
    {
      principal: { kind: "token", id: "tok_1", name: "t", sha: "a".repeat(64), project: "one", ownerId: "usr_ada", owner: "ada" },
      bindings: ALL,
      scopes: ["mcp:read", "mcp:call"],
    },
  ],
  ["a gateway", { principal: { kind: "gateway", id: "gw_1", name: "edge" }, bindings: ALL, scopes: [] }],
  ["a JWT without a user", { principal: { kind: "jwt", id: "jwt_1", name: "agent" }, bindings: ALL, scopes: ["mcp:read", "mcp:call"] }],
  ["a user who has been deleted", { principal: { kind: "user", id: "usr_gone", name: "gone" }, bindings: ALL, scopes: [] }],
];

test.each(GRANTS)("%s owns no token", async (_, grant) => {
  const { deps } = await tokenSetup();
  await expect(createMcpToken(deps, actorWith(grant), CI)).rejects.toMatchObject({ code: "denied", reason: "TOKEN_OWNER_MISSING" });
});

test("a JWT makes tokens for its user, within its own scopes and servers", async () => {
  const { deps } = await tokenSetup();
  const principal = { kind: "jwt", id: "jwt_1", name: "agent", userId: "usr_ada" } as const;
  const scopes: Grant["scopes"] = ["mcp:read", "mcp:call"];
  const made = await createMcpToken(deps, actorWith({ principal, bindings: ALL, scopes }), CI);
  expect(made.listing.owner).toBe("ada");
  const beyond = { ...CI, name: "beyond", roleBindings: [VIEW_FILES] };
  for (const grant of [
    { principal, bindings: ALL, scopes: ["mcp:read"] },
    { principal, bindings: ALL, scopes, allowServers: ["content"] },
  ] satisfies Grant[]) {
    await expect(createMcpToken(deps, actorWith(grant), beyond)).rejects.toMatchObject({ reason: "RIGHTS_NOT_HELD" });
  }
});

test("the installation's own tokens belong to the first administrator", async () => {
  const { deps } = await tokenSetup();
  const { listing } = await createMcpToken(deps, systemActor(), { ...CI, rbac: "clone" });
  expect(listing).toMatchObject({ owner: "ada", roleBindings: ALL_BINDINGS });
});
