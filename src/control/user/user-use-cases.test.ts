import { expect, test } from "bun:test";
import { type AccessWorld, NOW, withAccessWorld } from "../access/access-world.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { seedDefinition, seedGroup, seedProject, seedSession } from "../rbac/access-seeds.fixture.ts";
import { createUser, type UserDraft } from "./create-user.ts";
import { deleteUser } from "./delete-user.ts";
import { findUser, userByName } from "./find-user.ts";
import { listUsers } from "./list-users.ts";
import { updateUser } from "./update-user.ts";
import { aUser, seedUsers } from "./user.fixture.ts";
import { isEnabledAdmin, userResource } from "./user.ts";

const EDIT_USERS = { role: "edit", resource: "users" } as const;
const CREATE_USERS = { role: "create", resource: "users" } as const;
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const NOT_HELD = { code: "denied", reason: "RIGHTS_NOT_HELD" };
const BY_NAME = { limit: 10, after: undefined, sort: { field: "username", descending: false } } as const;

function draft(username: string, traits: Partial<UserDraft> = {}): UserDraft {
  return { username, email: null, roles: [], disabled: false, ...traits };
}

/** `jo` holds what the definition `editors` gives: edit on the server a. */
async function seedEditor({ db }: AccessWorld): Promise<void> {
  await seedUsers(db, aUser("jo", { email: "jo@example.org" }));
  await seedDefinition(db, "editors", [{ kind: "User", name: "jo" }], [{ role: "edit", resource: "servers", name: "a" }]);
}

test("a user is created with its password as a hash, and the event says who did it and nothing secret", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    const input = draft("jo", { email: "jo@example.org", roles: ["view", "view"], password: "correct horse battery" });
    const created = await createUser(world, admin, input);
    expect(created).toMatchObject({ username: "jo", roles: ["view"], passwordHash: "hash of 21", version: 1, createdAt: NOW });
    expect(await world.users.byId(created.id)).toEqual(created);
    expect(world.changes).toHaveLength(1);
    expect(world.changes[0]?.event).toMatchObject({
      kind: "rpc",
      outcome: "ok",
      action: "user.create",
      resource: "users",
      resourceName: "jo",
      actorName: "admin",
      traceId: "trace",
      detail: { roles: ["view"], changed: ["password"] },
    });
    expect(JSON.stringify(world.changes)).not.toMatch(/correct horse|hash of/);
  }));

test("a caller without the permission leaves no trace", () =>
  withAccessWorld(async (world) => {
    const stranger = await world.actorWith("stranger", { role: "create", resource: "users", name: "other" });
    await expect(createUser(world, stranger, draft("jo"))).rejects.toMatchObject(DENIED);
    await expect(updateUser(world, stranger, "admin", { disabled: true })).rejects.toMatchObject(DENIED);
    await expect(deleteUser(world, stranger, "admin")).rejects.toMatchObject(DENIED);
    await expect(findUser(world.users, stranger, "view", "admin")).rejects.toMatchObject(DENIED);
    await expect(listUsers(world.users, stranger, {}, BY_NAME)).rejects.toMatchObject(DENIED);
    expect(world.changes).toEqual([]);
  }));

test("nobody gives a role that they do not hold, to a new user or to an old one", () =>
  withAccessWorld(async (world) => {
    const clerk = await world.actorWith("clerk", CREATE_USERS, EDIT_USERS, { role: "view", resource: "*" });
    for (const role of ["admin", "edit", "run"] as const) {
      await expect(createUser(world, clerk, draft("jo", { roles: [role] }))).rejects.toMatchObject(NOT_HELD);
    }
    await createUser(world, clerk, draft("jo", { roles: ["view"] }));
    await expect(updateUser(world, clerk, "jo", { roles: ["view", "admin"] })).rejects.toMatchObject(NOT_HELD);
    expect(await updateUser(world, clerk, "jo", { roles: [] })).toMatchObject({ roles: [] });
    expect(await updateUser(world, clerk, "jo", { roles: ["view"] })).toMatchObject({ roles: ["view"] });
  }));

test("nobody makes a user with an email to which others have given more than they hold", () =>
  withAccessWorld(async (world) => {
    await seedDefinition(world.db, "waiting", [{ kind: "User", name: "boss@example.org" }], [{ role: "edit", resource: "*" }]);
    const clerk = await world.actorWith("clerk", CREATE_USERS, EDIT_USERS);
    await expect(createUser(world, clerk, draft("jo", { email: "boss@example.org" }))).rejects.toMatchObject(NOT_HELD);
    await createUser(world, clerk, draft("jo", { email: "jo@example.org" }));
    await expect(updateUser(world, clerk, "jo", { email: "boss@example.org" })).rejects.toMatchObject(NOT_HELD);
    expect((await world.users.byUsername("jo"))?.email).toBe("jo@example.org");
    await updateUser(world, await world.actorOf("admin"), "jo", { email: "boss@example.org" });
    expect((await world.users.byUsername("jo"))?.email).toBe("boss@example.org");
  }));

test("a password, an email and an end of disabling are for those who hold all that the user does", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    const clerk = await world.actorWith("clerk", EDIT_USERS);
    for (const patch of [{ password: "correct horse battery" }, { email: "mine@example.org" }, { email: null }]) {
      await expect(updateUser(world, clerk, "jo", patch)).rejects.toMatchObject(NOT_HELD);
    }
    expect(await updateUser(world, clerk, "jo", { disabled: true })).toMatchObject({ disabled: true });
    await expect(updateUser(world, clerk, "jo", { disabled: false })).rejects.toMatchObject(NOT_HELD);
    const peer = await world.actorWith("peer", EDIT_USERS, { role: "edit", resource: "servers", name: "a" });
    expect(await updateUser(world, peer, "jo", { disabled: false, password: "correct horse battery" })).toMatchObject({
      disabled: false,
      passwordHash: "hash of 21",
    });
  }));

test("an email that gives its user more than the caller holds is not taken away by them either", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo", { email: "jo@example.org" }));
    await seedDefinition(world.db, "mailed", [{ kind: "User", name: "jo@example.org" }], [{ action: "exec" }]);
    const clerk = await world.actorWith("clerk", EDIT_USERS);
    await expect(updateUser(world, clerk, "jo", { email: "mine@example.org" })).rejects.toMatchObject(NOT_HELD);
  }));

test("what a user holds by a group counts too", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo"));
    await seedGroup(world.db, "dev", ["usr_jo"]);
    await seedDefinition(world.db, "devs", [{ kind: "Group", name: "dev" }], [{ action: "exec" }]);
    const clerk = await world.actorWith("clerk", EDIT_USERS);
    await expect(updateUser(world, clerk, "jo", { password: "correct horse battery" })).rejects.toMatchObject(NOT_HELD);
  }));

test("another's new password ends their sessions", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    await seedSession(world.db, "ses_1", "usr_jo");
    await updateUser(world, await world.actorOf("admin"), "jo", { password: "correct horse battery" });
    expect(await world.db.selectFrom("sessions").selectAll().execute()).toEqual([]);
    expect(world.changes[0]?.touched).toContainEqual({ kind: "sessions", ref: "ses_1" });
  }));

test("one's own password is not changed without the old one, but the installation may set any", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    const password = "correct horse battery";
    await expect(updateUser(world, admin, "admin", { password })).rejects.toMatchObject({ code: "denied", reason: "PASSWORD_OWN" });
    expect(await updateUser(world, systemActor(), "admin", { password })).toMatchObject({ passwordHash: "hash of 21" });
  }));

test("a patch that changes nothing leaves no trace, and one on an older version is refused", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    const admin = await world.actorOf("admin");
    expect(await updateUser(world, admin, "jo", {})).toMatchObject({ version: 1 });
    expect(await updateUser(world, admin, "jo", { email: "jo@example.org", roles: [], disabled: false })).toMatchObject({ version: 1 });
    expect(world.changes).toEqual([]);
    expect(await updateUser(world, admin, "jo", { roles: ["run"] }, 1)).toMatchObject({ version: 2 });
    const stale = { code: "precondition", reason: "VERSION_STALE" };
    await expect(updateUser(world, admin, "jo", { roles: [] }, 1)).rejects.toMatchObject(stale);
    await expect(deleteUser(world, admin, "jo", 1)).rejects.toMatchObject(stale);
    expect(world.changes).toHaveLength(1);
  }));

test("a change that others overtake is refused: what was checked held for another user", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    const admin = await world.actorOf("admin");
    const overtaken = { ...world, hashPassword: async () => (await updateUser(world, admin, "jo", { roles: ["admin"] })).username };
    await expect(updateUser(overtaken, admin, "jo", { password: "correct horse battery" })).rejects.toMatchObject({
      code: "conflict",
      reason: "CHANGED_MEANWHILE",
    });
    expect((await world.users.byUsername("jo"))?.passwordHash).toBeUndefined();
  }));

test("a deleted user's rights wait for nobody", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    const admin = await world.actorOf("admin");
    await deleteUser(world, admin, "jo");
    expect(await world.definitions.byName("editors")).toBeUndefined();
    expect(world.changes.at(-1)?.event).toMatchObject({
      action: "user.delete",
      resourceName: "jo",
      detail: { definitionsDeleted: ["editors"] },
    });
    await createUser(world, await world.actorWith("clerk", CREATE_USERS), draft("jo", { email: "jo@example.org" }));
    expect((await world.actorOf("jo")).caller.rights.allowedNames("view", "servers")).toEqual(new Set());
  }));

test("who owns projects, and the last administrator, stay", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    await expect(deleteUser(world, admin, "admin")).rejects.toMatchObject({ code: "conflict", reason: "LAST_ADMIN" });
    await expect(updateUser(world, admin, "admin", { disabled: true })).rejects.toMatchObject({ code: "conflict", reason: "LAST_ADMIN" });
    await expect(updateUser(world, admin, "admin", { roles: ["edit"] })).rejects.toMatchObject({ code: "conflict", reason: "LAST_ADMIN" });
    await seedUsers(world.db, aUser("jo"));
    await seedProject(world.db, "demo", "usr_jo");
    await expect(deleteUser(world, admin, "jo")).rejects.toMatchObject({ code: "conflict", reason: "USER_OWNS_PROJECTS" });
    expect(world.changes).toEqual([]);
  }));

test("a user is found by id, by name and by email, and a name that looks like an id is a name", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    await seedUsers(world.db, aUser("usr_jo", { id: "usr_2" }), aUser("usr_lookalike", { id: "usr_3" }));
    const admin = await world.actorOf("admin");
    const find = async (reference: string) => (await findUser(world.users, admin, "view", reference)).id;
    expect(await find("usr_jo")).toBe("usr_jo");
    expect(await find("jo")).toBe("usr_jo");
    expect(await find("Jo@Example.org")).toBe("usr_jo");
    expect(await find("usr_lookalike")).toBe("usr_3");
    const unknown = { code: "not_found", reason: "USER_UNKNOWN" };
    for (const reference of ["none", "usr_none", "none@example.org", "@", "JO", "jo\0", "a".repeat(10_000), ""]) {
      await expect(findUser(world.users, admin, "view", reference)).rejects.toMatchObject(unknown);
    }
    expect((await userByName(world.users, "JO@example.org"))?.id).toBe("usr_jo");
    expect((await userByName(world.users, "jo"))?.id).toBe("usr_jo");
  }));

test("a refusal does not say whether there is a user of that name or email", () =>
  withAccessWorld(async (world) => {
    await seedEditor(world);
    const stranger = await world.actorWith("stranger", { role: "view", resource: "users", name: "al" });
    const refusal = (reference: string) => findUser(world.users, stranger, "view", reference).then(() => "found", String);
    expect((await refusal("jo")).replace("jo", "X")).toBe((await refusal("none")).replace("none", "X"));
    expect(await refusal("jo@example.org")).toBe(await refusal("none@example.org"));
    const named = await world.actorWith("named", { role: "view", resource: "users", name: "jo" });
    expect((await findUser(world.users, named, "view", "jo@example.org")).username).toBe("jo");
  }));

test("a list shows the users that may be viewed, on full pages", () =>
  withAccessWorld(async (world) => {
    for (const name of ["a", "b", "c", "d"]) await seedUsers(world.db, aUser(name));
    const viewer = await world.actorWith(
      "viewer",
      { role: "view", resource: "users", name: "b" },
      { role: "edit", resource: "users", name: "d" },
    );
    const page = await listUsers(world.users, viewer, {}, { ...BY_NAME, limit: 2 });
    expect(page).toMatchObject({ items: [{ username: "b" }, { username: "d" }], nextCursor: null });
    expect(await listUsers(world.users, viewer, { username: "b\0" }, BY_NAME)).toEqual({ items: [], nextCursor: null });
  }));

test("what others read of a user has no hash, and only an enabled administrator counts as one", () => {
  const user = aUser("jo", { passwordHash: "$argon2id$x", roles: ["admin"] });
  expect(JSON.stringify(userResource(user))).not.toContain("argon2id");
  expect(userResource(user)).toMatchObject({ hasPassword: true, email: null, createdAt: "2026-01-02T03:04:05.678Z" });
  expect([isEnabledAdmin(user), isEnabledAdmin({ ...user, disabled: true }), isEnabledAdmin(aUser("al"))]).toEqual([true, false, false]);
});
