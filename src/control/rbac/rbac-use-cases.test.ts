import { expect, test } from "bun:test";
import { rbacDefinitionSchema, type Subject } from "../../api/resources/rbac-definition.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { type AccessWorld, actorOf, withAccessWorld } from "../access/access-world.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { seedProject, seedToken } from "./access-seeds.fixture.ts";
import { createDefinition } from "./create-definition.ts";
import { deleteDefinition } from "./delete-definition.ts";
import { findDefinition } from "./find-definition.ts";
import { listDefinitions } from "./list-definitions.ts";
import { rbacResource } from "./rbac-definition.ts";
import { updateDefinition } from "./update-definition.ts";

const RBAC: readonly RoleBinding[] = [
  { role: "create", resource: "rbac" },
  { role: "edit", resource: "rbac" },
  { role: "delete", resource: "rbac" },
];
const VIEW_A: RoleBinding = { role: "view", resource: "servers", name: "a" };
const EDIT_A: RoleBinding = { role: "edit", resource: "servers", name: "a" };
const ADMIN: Subject = { kind: "User", name: "admin" };
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const NOT_HELD = { code: "denied", reason: "RIGHTS_NOT_HELD" };
const BY_NAME = { limit: 10, after: undefined, sort: { field: "name", descending: false } } as const;

async function automatic(world: AccessWorld): Promise<{ readonly sha: string; readonly name: string }> {
  await seedProject(world.db, "demo", "usr_admin");
  const { id, sha } = await seedToken(world.db, { name: "ci", project: "demo", ownerId: "usr_admin", roleBindings: [VIEW_A] });
  return { sha, name: `mcptoken-${id}` };
}

test("a definition keeps the shape in which it was given: subjects of kind and name, roleBindings of role and resource or action", () =>
  withAccessWorld(async (world) => {
    const { sha } = await automatic(world);
    const given = {
      name: "team",
      subjects: [ADMIN, { kind: "User", name: "later@example.org" }, { kind: "McpToken", name: sha }] satisfies Subject[],
      roleBindings: [{ role: "edit", resource: "servers" }, VIEW_A, { action: "logs" }] satisfies RoleBinding[],
    };
    const created = await createDefinition(world, await world.actorOf("admin"), given);
    const wire = rbacResource(created);
    expect(rbacDefinitionSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({ ...given, tokenId: null, version: 1 });
    expect(rbacResource(await findDefinition(world.definitions, await world.actorOf("admin"), "view", "team"))).toEqual(wire);
    expect(world.changes[0]?.event).toMatchObject({
      action: "rbac.create",
      resource: "rbac",
      resourceName: "team",
      detail: { roleBindings: given.roleBindings },
    });
  }));

test("a definition for McpToken:<sha> gives the token its bindings", () =>
  withAccessWorld(async (world) => {
    const { sha } = await automatic(world);
    const subjects: Subject[] = [{ kind: "McpToken", name: sha.toUpperCase() }];
    await createDefinition(world, await world.actorOf("admin"), { name: "more", subjects, roleBindings: [{ action: "dispatch" }] });
    expect(await world.bindings.ofToken(sha)).toEqual([
      { binding: VIEW_A, source: "mcptoken-tok_democi" },
      { binding: { action: "dispatch" }, source: "more" },
    ]);
  }));

test("nobody hands out rights they do not hold, by a new definition or by a change of an old one", () =>
  withAccessWorld(async (world) => {
    const clerk = await world.actorWith("clerk", ...RBAC, VIEW_A);
    const create = (...roleBindings: RoleBinding[]) => createDefinition(world, clerk, { name: "mine", subjects: [ADMIN], roleBindings });
    const beyond: RoleBinding[] = [
      EDIT_A,
      { role: "view", resource: "servers" },
      { role: "view", resource: "*", name: "a" },
      { action: "logs" },
    ];
    for (const binding of beyond) await expect(create(VIEW_A, binding)).rejects.toMatchObject(NOT_HELD);
    await create(VIEW_A);
    for (const binding of beyond) {
      await expect(updateDefinition(world, clerk, "mine", { roleBindings: [VIEW_A, binding] })).rejects.toMatchObject(NOT_HELD);
    }
    expect(world.changes).toHaveLength(1);
  }));

test("nobody adds subjects to a definition that gives more than they hold, but they may delete it", () =>
  withAccessWorld(async (world) => {
    const clerk = await world.actorWith("clerk", ...RBAC);
    await createDefinition(world, await world.actorOf("admin"), { name: "strong", subjects: [ADMIN], roleBindings: [EDIT_A] });
    const subjects: Subject[] = [ADMIN, { kind: "User", name: "clerk" }];
    await expect(updateDefinition(world, clerk, "strong", { subjects })).rejects.toMatchObject(NOT_HELD);
    expect(await updateDefinition(world, clerk, "strong", { roleBindings: [] })).toMatchObject({ roleBindings: [] });
    await deleteDefinition(world, clerk, "strong");
    expect(await world.definitions.byName("strong")).toBeUndefined();
    expect(world.changes.at(-1)?.event).toMatchObject({
      action: "rbac.delete",
      resourceName: "strong",
      detail: { subjects: ["User:admin"] },
    });
  }));

test("a credential for some servers hands out nothing on others", () =>
  withAccessWorld(async (world) => {
    const bindings = [...RBAC, { role: "view", resource: "servers" } as const].map((binding) => ({ binding, source: "test" }));
    const jwt = actorOf({ principal: { kind: "jwt", id: "j", name: "ci" }, bindings, scopes: [], allowServers: ["a"] });
    const create = (name: string, binding: RoleBinding) =>
      createDefinition(world, jwt, { name, subjects: [ADMIN], roleBindings: [binding] });
    await expect(create("all", { role: "view", resource: "servers" })).rejects.toMatchObject(NOT_HELD);
    await create("one", VIEW_A);
  }));

test("a caller without the permission leaves no trace, and learns not what exists", () =>
  withAccessWorld(async (world) => {
    await createDefinition(world, await world.actorOf("admin"), { name: "team", subjects: [ADMIN], roleBindings: [] });
    const stranger = await world.actorWith("stranger", VIEW_A);
    await expect(createDefinition(world, stranger, { name: "x1", subjects: [ADMIN], roleBindings: [] })).rejects.toMatchObject(DENIED);
    for (const name of ["team", "none"]) {
      await expect(findDefinition(world.definitions, stranger, "view", name)).rejects.toMatchObject(DENIED);
      await expect(updateDefinition(world, stranger, name, {})).rejects.toMatchObject(DENIED);
      await expect(deleteDefinition(world, stranger, name)).rejects.toMatchObject(DENIED);
    }
    await expect(listDefinitions(world.definitions, stranger, {}, BY_NAME)).rejects.toMatchObject(DENIED);
    expect(world.changes).toHaveLength(1);
  }));

test("what was made for a token is found by its name, and neither changed nor deleted by hand", () =>
  withAccessWorld(async (world) => {
    const { name } = await automatic(world);
    const admin = await world.actorOf("admin");
    expect(await findDefinition(world.definitions, admin, "view", name)).toMatchObject({ name, tokenId: "tok_democi" });
    const refused = { code: "conflict", reason: "DEFINITION_AUTOMATIC" };
    await expect(updateDefinition(world, admin, name, { roleBindings: [] })).rejects.toMatchObject(refused);
    await expect(deleteDefinition(world, admin, name)).rejects.toMatchObject(refused);
    expect(world.changes).toEqual([]);
  }));

test("a patch that changes nothing leaves no trace, and one on an older version is refused", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    await createDefinition(world, admin, { name: "team", subjects: [ADMIN, ADMIN], roleBindings: [VIEW_A, VIEW_A] });
    const same = { subjects: [ADMIN], roleBindings: [VIEW_A] };
    expect(await updateDefinition(world, admin, "team", same)).toMatchObject({ ...same, version: 1 });
    expect(world.changes).toHaveLength(1);
    await updateDefinition(world, admin, "team", { roleBindings: [] }, 1);
    const stale = { code: "precondition", reason: "VERSION_STALE" };
    await expect(updateDefinition(world, admin, "team", same, 1)).rejects.toMatchObject(stale);
    await expect(deleteDefinition(world, admin, "team", 1)).rejects.toMatchObject(stale);
  }));

test("subjects are parsed, never guessed, and must exist", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo"));
    const admin = await world.actorOf("admin");
    const create = (kind: Subject["kind"], name: string) =>
      createDefinition(world, admin, { name: "team", subjects: [{ kind, name }], roleBindings: [] });
    for (const [kind, name] of [
      ["User", "Jo"],
      ["User", "jo@"],
      ["User", "j\u043e"],
      ["Group", "de v"],
      ["Group", "x"],
      ["McpToken", "abc"],
      ["McpToken", "zz".repeat(32)],
    ] as const) {
      await expect(create(kind, name)).rejects.toMatchObject({ code: "invalid", reason: "SUBJECT_INVALID" });
    }
    await expect(create("User", "nobody")).rejects.toMatchObject({
      code: "not_found",
      reason: "SUBJECT_UNKNOWN",
      hint: expect.any(String),
    });
    await expect(create("Group", "nobody")).rejects.toMatchObject({
      code: "not_found",
      reason: "SUBJECT_UNKNOWN",
      hint: expect.any(String),
    });
    expect(await create("User", "New@Example.org")).toMatchObject({ subjects: [{ kind: "User", name: "new@example.org" }] });
  }));

test("a list shows the definitions that may be viewed, and of those the ones for a subject", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo"));
    const admin = await world.actorOf("admin");
    const jo: Subject = { kind: "User", name: "jo" };
    for (const [name, subject] of [
      ["a1", jo],
      ["b1", ADMIN],
      ["c1", jo],
    ] as const) {
      await createDefinition(world, admin, { name, subjects: [subject], roleBindings: [] });
    }
    const viewer = await world.actorWith(
      "viewer",
      { role: "view", resource: "rbac", name: "b1" },
      { role: "view", resource: "rbac", name: "c1" },
    );
    const namesOf = async (filter: object) =>
      (await listDefinitions(world.definitions, viewer, filter, BY_NAME)).items.map(({ name }) => name);
    expect(await namesOf({})).toEqual(["b1", "c1"]);
    expect(await namesOf({ subject: jo })).toEqual(["c1"]);
  }));
