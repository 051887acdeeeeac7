import { expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { seedDefinition, seedGroup, seedProject, seedToken } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { type AccessWorld, actorOf, NOW, withAccessWorld } from "./access-world.fixture.ts";
import { type AccessQuestion, canI } from "./can-i.ts";
import { whoAmI } from "./who-am-i.ts";

const EDIT_A = { role: "edit", resource: "servers", name: "a" } as const;
const RUN_A = { role: "run", resource: "servers", name: "a" } as const;

/** `jo` may edit the server a by the group dev. */
async function seedJo({ db }: AccessWorld): Promise<void> {
  await seedUsers(db, aUser("jo", { email: "jo@example.org" }));
  await seedGroup(db, "dev", ["usr_jo"]);
  await seedDefinition(db, "editors", [{ kind: "Group", name: "dev" }], [EDIT_A]);
}

function askerOf(world: AccessWorld, ...bindings: Grant["bindings"]) {
  const grant: Grant = { principal: { kind: "user", id: "usr_1", name: "asker" }, bindings, scopes: [] };
  return (question: AccessQuestion) => canI(world.subjects, actorOf(grant), grant, question);
}

const IMPERSONATE = { binding: { action: "impersonate" }, source: "support" } as const;

test("the answer for oneself names the binding that decides, and a refusal what it takes", () =>
  withAccessWorld(async (world) => {
    const ask = askerOf(world, { binding: EDIT_A, source: "editors" });
    expect(await ask({ verb: "run", resource: "servers", name: "a" })).toEqual({
      allowed: true,
      subject: "User:asker",
      by: { binding: EDIT_A, source: "editors" },
      reason: "role:edit,resource:servers,name:a from editors allows it",
    });
    expect(await ask({ verb: "delete", resource: "servers", name: "a" })).toEqual({
      allowed: false,
      subject: "User:asker",
      by: null,
      reason: "User asker may not delete servers/a; it takes a role binding with role:delete,resource:servers,name:a",
    });
    expect(await ask({ action: "logs" })).toMatchObject({ allowed: false, by: null });
  }));

test("a question without a verb and a resource, or without an action, is refused with an example", () =>
  withAccessWorld(async (world) => {
    const ask = askerOf(world);
    const questions: AccessQuestion[] = [
      {},
      { verb: "view" },
      { resource: "servers" },
      { name: "a" },
      { action: "logs", verb: "view", resource: "servers" },
      { action: "logs", name: "a" },
    ];
    for (const question of questions) {
      await expect(ask(question)).rejects.toMatchObject({ code: "invalid", reason: "ACCESS_QUESTION_INVALID", hint: expect.any(String) });
    }
  }));

test("to ask for another takes the action impersonate, and without it nobody learns who exists", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    const question = { verb: "edit", resource: "servers", name: "a" } as const;
    for (const as of ["User:jo", "User:none", "Group:dev", `McpToken:${"ab".repeat(32)}`]) {
      await expect(askerOf(world)({ ...question, as })).rejects.toMatchObject({ code: "denied", reason: "PERMISSION_DENIED" });
    }
    const ask = askerOf(world, IMPERSONATE);
    for (const as of ["User:none", "User:none@example.org", "Group:none", `McpToken:${"ab".repeat(32)}`]) {
      await expect(ask({ ...question, as })).rejects.toMatchObject({ code: "not_found", reason: "SUBJECT_UNKNOWN" });
    }
    for (const as of ["jo", "Robot:jo", "User:", "McpToken:abc"]) {
      await expect(ask({ ...question, as })).rejects.toMatchObject({ code: "invalid", reason: "SUBJECT_INVALID" });
    }
  }));

test("a user and a group have what they would have, with the group in the source", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    const ask = askerOf(world, IMPERSONATE);
    const question = { verb: "view", resource: "servers", name: "a" } as const;
    const by = { binding: EDIT_A, source: "editors (group dev)" };
    expect(await ask({ ...question, as: "User:jo" })).toMatchObject({ allowed: true, subject: "User:jo", by });
    expect(await ask({ ...question, as: "User:Jo@example.org" })).toMatchObject({ allowed: true, subject: "User:jo@example.org", by });
    expect(await ask({ ...question, as: "Group:dev" })).toMatchObject({ allowed: true, subject: "Group:dev", by });
    expect(await ask({ verb: "delete", resource: "servers", as: "Group:dev" })).toMatchObject({ allowed: false, by: null });
    expect(await ask({ action: "exec", as: "User:admin" })).toMatchObject({ allowed: true, by: { source: "role:admin" } });
  }));

test("a token has its bindings within its owner's and within its project", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    await seedProject(world.db, "demo", "usr_jo");
    const own = [RUN_A, { action: "logs" }, { role: "view", resource: "projects" }] as const;
    const { sha } = await seedToken(world.db, { name: "ci", project: "demo", ownerId: "usr_jo", roleBindings: own });
    await seedDefinition(world.db, "viewers", [{ kind: "User", name: "jo" }], [{ role: "view", resource: "projects" }]);
    const ask = (question: AccessQuestion) => askerOf(world, IMPERSONATE)({ ...question, as: `McpToken:${sha}` });
    expect(await ask({ verb: "run", resource: "servers", name: "a" })).toMatchObject({
      allowed: true,
      by: { binding: RUN_A, source: "mcptoken-tok_democi" },
      reason: "role:run,resource:servers,name:a from mcptoken-tok_democi allows it, and its owner jo may do it too",
    });
    expect(await ask({ verb: "view", resource: "servers", name: "a" })).toMatchObject({ allowed: false });
    expect(await ask({ action: "logs" })).toMatchObject({
      allowed: false,
      by: null,
      reason: "action:logs from mcptoken-tok_democi would allow it, but the token's owner jo may not do it",
    });
    expect(await ask({ verb: "view", resource: "projects", name: "demo" })).toMatchObject({ allowed: true });
    expect(await ask({ verb: "view", resource: "projects", name: "other" })).toMatchObject({ allowed: false, by: null });
  }));

test("what is disabled, revoked or expired may do nothing, and the reason says so", () =>
  withAccessWorld(async (world) => {
    const everything = [{ action: "*" }] as const;
    await seedUsers(world.db, aUser("off", { roles: ["admin"], disabled: true }), aUser("on", { roles: ["admin"] }));
    await seedProject(world.db, "demo", "usr_on");
    const token = (name: string, traits: object) =>
      seedToken(world.db, { name, project: "demo", ownerId: "usr_on", roleBindings: everything, ...traits });
    const revoked = await token("revoked", { revokedAt: "2026-01-01T00:00:00.000Z" });
    const expired = await token("expired", { expiresAt: NOW.toISOString() });
    const orphan = await token("orphan", { ownerId: "usr_off" });
    const live = await token("live", { expiresAt: new Date(NOW.getTime() + 1).toISOString() });
    const ask = async (as: string) => (await askerOf(world, IMPERSONATE)({ action: "logs", as })).reason;
    expect(await ask("User:off")).toBe("User off is disabled");
    expect(await ask(`McpToken:${revoked.sha}`)).toBe("Token revoked is revoked");
    expect(await ask(`McpToken:${expired.sha}`)).toBe("Token expired has expired");
    expect(await ask(`McpToken:${orphan.sha}`)).toBe("User off, who owns the token orphan, is disabled");
    expect(await ask(`McpToken:${live.sha}`)).toContain("allows it");
  }));

test("whoami says who a user is, with roles, groups and bindings", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    const found = await world.subjects.resolve({ kind: "User", name: "jo" });
    if (found === undefined) throw new Error("jo is gone");
    expect(await whoAmI(world, { ...found.grant, expiresAt: "2026-06-01T00:00:00.000Z" })).toEqual({
      principal: { kind: "user", id: "usr_jo", name: "jo", email: "jo@example.org" },
      roles: [],
      groups: ["dev"],
      scopes: ["mcp:read", "mcp:call"],
      bindings: [{ binding: EDIT_A, source: "editors (group dev)" }],
      expiresAt: "2026-06-01T00:00:00.000Z",
    });
    const admin = await world.subjects.resolve({ kind: "User", name: "admin" });
    expect(admin && (await whoAmI(world, admin.grant))).toMatchObject({ roles: ["admin"], groups: [], expiresAt: null });
  }));

test("whoami gives a token its bindings within its owner's, and none of its owner's roles and groups", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    await seedProject(world.db, "demo", "usr_jo");
    const roleBindings = [{ role: "edit", resource: "*" }, { action: "logs" }] as const;
    const { sha } = await seedToken(world.db, { name: "ci", project: "demo", ownerId: "usr_jo", roleBindings });
    const found = await world.subjects.resolve({ kind: "McpToken", name: sha });
    expect(found && (await whoAmI(world, found.grant))).toMatchObject({
      principal: { kind: "token", name: "ci", sha, project: "demo", owner: "jo" },
      roles: [],
      groups: [],
      bindings: [{ binding: EDIT_A, source: "mcptoken-tok_democi" }],
    });
  }));

test("whoami says the scopes that introspection says: mcp:admin takes edit on servers, of a token its owner's too", () =>
  withAccessWorld(async (world) => {
    await seedJo(world);
    await seedProject(world.db, "demo", "usr_jo");
    const edit = [{ role: "edit", resource: "servers" }] as const;
    const tokenOf = (name: string, ownerId: string) => seedToken(world.db, { name, project: "demo", ownerId, roleBindings: edit });
    const [jos, admins] = [await tokenOf("jos", "usr_jo"), await tokenOf("admins", "usr_admin")];
    await seedGroup(world.db, "ops", []);
    await seedDefinition(world.db, "operators", [{ kind: "Group", name: "ops" }], edit);
    const scopesOf = async (kind: "User" | "Group" | "McpToken", name: string) =>
      (await world.subjects.resolve({ kind, name }))?.grant.scopes;
    expect(await scopesOf("User", "jo")).toEqual(["mcp:read", "mcp:call"]);
    expect(await scopesOf("User", "admin")).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
    expect(await scopesOf("Group", "ops")).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
    expect(await scopesOf("McpToken", jos.sha)).toEqual(["mcp:read", "mcp:call"]);
    expect(await scopesOf("McpToken", admins.sha)).toEqual(["mcp:read", "mcp:call", "mcp:admin"]);
  }));
