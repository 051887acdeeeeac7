import { expect, test } from "bun:test";
import { withAccessWorld } from "../access/access-world.fixture.ts";
import { seedDefinition } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { createGroup } from "./create-group.ts";
import { deleteGroup } from "./delete-group.ts";
import { findGroup } from "./find-group.ts";
import { groupResource } from "./group.ts";
import { listGroups } from "./list-groups.ts";
import { updateGroup } from "./update-group.ts";

const EDIT_DEV = { role: "edit", resource: "groups", name: "dev" } as const;
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const BY_NAME = { limit: 10, after: undefined, sort: { field: "name", descending: false } } as const;

test("a group is created with its members, each once and sorted, and the event says who did it", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo"), aUser("al"));
    const clerk = await world.actorWith("clerk", { role: "create", resource: "groups", name: "dev" });
    const created = await createGroup(world, clerk, { name: "dev", description: "d", members: ["jo", "al", "jo"] });
    expect(groupResource(created)).toMatchObject({ name: "dev", description: "d", members: ["al", "jo"], version: 1 });
    expect(await world.groups.byName("dev")).toEqual(created);
    expect(world.changes[0]?.event).toMatchObject({ action: "group.create", resource: "groups", resourceName: "dev", actorName: "clerk" });
  }));

test("a caller without the permission leaves no trace", () =>
  withAccessWorld(async (world) => {
    await createGroup(world, await world.actorOf("admin"), { name: "dev", description: "", members: [] });
    const stranger = await world.actorWith("stranger", { role: "edit", resource: "users" });
    await expect(createGroup(world, stranger, { name: "ops", description: "", members: [] })).rejects.toMatchObject(DENIED);
    await expect(updateGroup(world, stranger, "dev", { description: "x" })).rejects.toMatchObject(DENIED);
    await expect(deleteGroup(world, stranger, "dev")).rejects.toMatchObject(DENIED);
    await expect(findGroup(world.groups, stranger, "view", "dev")).rejects.toMatchObject(DENIED);
    await expect(findGroup(world.groups, stranger, "view", "none")).rejects.toMatchObject(DENIED);
    await expect(listGroups(world.groups, stranger, {}, BY_NAME)).rejects.toMatchObject(DENIED);
    expect(world.changes).toHaveLength(1);
  }));

test("nobody changes the members of a group that gives more than they hold", () =>
  withAccessWorld(async (world) => {
    await seedUsers(world.db, aUser("jo"));
    await createGroup(world, await world.actorOf("admin"), { name: "dev", description: "", members: [] });
    await seedDefinition(world.db, "devs", [{ kind: "Group", name: "dev" }], [{ role: "edit", resource: "servers" }, { action: "exec" }]);
    const clerk = await world.actorWith("clerk", EDIT_DEV, { role: "edit", resource: "servers" });
    const notHeld = { code: "denied", reason: "RIGHTS_NOT_HELD" };
    await expect(updateGroup(world, clerk, "dev", { members: ["clerk"] })).rejects.toMatchObject(notHeld);
    expect(await updateGroup(world, clerk, "dev", { description: "fine" })).toMatchObject({ description: "fine", members: [] });
    const peer = await world.actorWith("peer", EDIT_DEV, { role: "edit", resource: "*" }, { action: "*" });
    expect(await updateGroup(world, peer, "dev", { members: ["jo"] })).toMatchObject({ members: ["jo"] });
    expect(await updateGroup(world, clerk, "dev", { members: ["jo"] })).toMatchObject({ version: 3 });
    await expect(updateGroup(world, clerk, "dev", { members: [] })).rejects.toMatchObject(notHeld);
  }));

test("a patch that changes nothing leaves no trace, and one on an older version is refused", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    await createGroup(world, admin, { name: "dev", description: "d", members: ["admin"] });
    expect(await updateGroup(world, admin, "dev", { description: "d", members: ["admin", "admin"] })).toMatchObject({ version: 1 });
    expect(world.changes).toHaveLength(1);
    await updateGroup(world, admin, "dev", { members: [] }, 1);
    const stale = { code: "precondition", reason: "VERSION_STALE" };
    await expect(updateGroup(world, admin, "dev", { description: "x" }, 1)).rejects.toMatchObject(stale);
    await expect(deleteGroup(world, admin, "dev", 1)).rejects.toMatchObject(stale);
    await deleteGroup(world, admin, "dev", 2);
    await expect(findGroup(world.groups, admin, "view", "dev")).rejects.toMatchObject({ code: "not_found", reason: "GROUP_UNKNOWN" });
  }));

test("a deleted group's rights wait for nobody", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    await createGroup(world, admin, { name: "dev", description: "", members: [] });
    await seedDefinition(world.db, "devs", [{ kind: "Group", name: "dev" }], [{ role: "edit", resource: "*" }]);
    await deleteGroup(world, admin, "dev");
    const clerk = await world.actorWith("clerk", { role: "create", resource: "groups" });
    await createGroup(world, clerk, { name: "dev", description: "", members: ["clerk"] });
    expect(await world.bindings.ofGroups(["dev"])).toEqual([]);
  }));

test("a list shows the groups that may be viewed", () =>
  withAccessWorld(async (world) => {
    const admin = await world.actorOf("admin");
    for (const name of ["dev", "ops", "sec"]) await createGroup(world, admin, { name, description: "", members: [] });
    const viewer = await world.actorWith("viewer", { role: "view", resource: "groups", name: "ops" }, EDIT_DEV);
    const page = await listGroups(world.groups, viewer, {}, BY_NAME);
    expect(page).toMatchObject({ items: [{ name: "dev" }, { name: "ops" }], nextCursor: null });
  }));
