import { expect, test } from "bun:test";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { seedDefinition, seedGroup } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { withAccessApi } from "./access-api.fixture.ts";

test("a group is created, read, changed and deleted over REST, with an ETag", () =>
  withAccessApi(async ({ call, world }) => {
    await seedUsers(world.db, aUser("jo"), aUser("al"));
    const created = await call("POST", "/groups", { body: { name: "dev", members: ["jo", "al"] } });
    expect(created.status).toBe(201);
    expect(created.headers.get("etag")).toBe('"1"');
    expect(ENDPOINTS.groups.create.reply.parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ name: "dev", description: "", members: ["al", "jo"] });
    for (const reference of ["dev", created.body.id]) expect((await call("GET", `/groups/${reference}`)).body).toEqual(created.body);
    const changed = await call("PATCH", "/groups/dev", { body: { members: ["jo"] }, ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, body: { members: ["jo"], version: 2 } });
    expect((await call("PATCH", "/groups/dev", { body: { members: [] }, ifMatch: '"1"' })).status).toBe(412);
    expect(await call("POST", "/groups", { body: { name: "dev" } })).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", reason: "GROUP_NAME_TAKEN" } },
    });
    expect((await call("DELETE", "/groups/dev")).status).toBe(204);
    expect(await call("GET", "/groups/dev")).toMatchObject({ status: 404, body: { error: { reason: "GROUP_UNKNOWN" } } });
  }));

test("groups are listed by name and by member", () =>
  withAccessApi(async ({ call, world }) => {
    await seedUsers(world.db, aUser("jo"));
    await seedGroup(world.db, "dev", ["usr_jo"]);
    await seedGroup(world.db, "ops", []);
    const namesOf = async (query: string) => (await call("GET", `/groups${query}`)).body.items.map(({ name }: { name: string }) => name);
    expect(await namesOf("")).toEqual(["dev", "ops"]);
    expect(await namesOf("?sort=-name&limit=1")).toEqual(["ops"]);
    expect(await namesOf("?member=jo")).toEqual(["dev"]);
    expect(await namesOf("?name=ops")).toEqual(["ops"]);
    expect(await namesOf("?name=o%00")).toEqual([]);
  }));

test.each<[string, string, unknown, RoleBinding, number]>([
  ["GET", "/groups", undefined, { role: "view", resource: "groups" }, 200],
  ["POST", "/groups", { name: "new" }, { role: "create", resource: "groups", name: "new" }, 201],
  ["GET", "/groups/dev", undefined, { role: "view", resource: "groups", name: "dev" }, 200],
  ["PATCH", "/groups/grp_dev", { description: "x" }, { role: "edit", resource: "groups", name: "dev" }, 200],
  ["DELETE", "/groups/dev", undefined, { role: "delete", resource: "groups", name: "dev" }, 204],
])("%s %s takes its role binding and no other", (method, path, body, binding, status) =>
  withAccessApi(async ({ callWith, world }) => {
    await seedGroup(world.db, "dev", []);
    const refused = await callWith(
      [
        { role: "run", resource: "groups" },
        { role: "edit", resource: "users" },
      ],
      method,
      path,
      body,
    );
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "PERMISSION_DENIED" } } });
    expect((await callWith([binding], method, path, body)).status).toBe(status);
  }),
);

test("over REST too nobody joins a group that gives more than they hold", () =>
  withAccessApi(async ({ callWith, world }) => {
    await seedUsers(world.db, aUser("caller"));
    await seedGroup(world.db, "dev", []);
    await seedDefinition(world.db, "devs", [{ kind: "Group", name: "dev" }], [{ role: "edit", resource: "servers" }]);
    const refused = await callWith([{ role: "edit", resource: "groups" }], "PATCH", "/groups/dev", { members: ["caller"] });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "RIGHTS_NOT_HELD" } } });
    expect(refused.body.error.message).toContain("role:edit,resource:servers");
  }));

test("a list of members has its limit named", () =>
  withAccessApi(async ({ call }) => {
    const members = Array.from({ length: 10_000 }, (_, at) => `u${at}`);
    const { status, body } = await call("POST", "/groups", { body: { name: "dev", members } });
    expect({ status, message: body.error.message }).toEqual({ status: 400, message: "body.members: must have at most 1000 members" });
  }));
