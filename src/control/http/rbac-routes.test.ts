import { expect, test } from "bun:test";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { seedDefinition, seedProject, seedToken } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { withAccessApi } from "./access-api.fixture.ts";

const ADMIN = { kind: "User", name: "admin" } as const;

test("a definition is created, read, changed and deleted over REST, with an ETag", () =>
  withAccessApi(async ({ call }) => {
    const body = {
      name: "team",
      subjects: [ADMIN, { kind: "User", name: "later@example.org" }],
      roleBindings: [{ role: "view", resource: "servers", name: "my-ha" }, { role: "edit", resource: "mcptokens" }, { action: "logs" }],
    };
    const created = await call("POST", "/rbac", { body });
    expect(created.status).toBe(201);
    expect(created.headers.get("etag")).toBe('"1"');
    expect(ENDPOINTS.rbac.create.reply.parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ ...body, tokenId: null });
    for (const reference of ["team", created.body.id]) expect((await call("GET", `/rbac/${reference}`)).body).toEqual(created.body);
    const changed = await call("PATCH", "/rbac/team", { body: { roleBindings: [] }, ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, body: { subjects: body.subjects, roleBindings: [], version: 2 } });
    expect((await call("PATCH", "/rbac/team", { body: { roleBindings: [] }, ifMatch: '"1"' })).status).toBe(412);
    expect(await call("POST", "/rbac", { body })).toMatchObject({ status: 409, body: { error: { reason: "RBAC_NAME_TAKEN" } } });
    expect((await call("DELETE", "/rbac/team")).status).toBe(204);
    expect(await call("GET", "/rbac/team")).toMatchObject({ status: 404, body: { error: { reason: "RBAC_UNKNOWN" } } });
  }));

test("definitions are listed by subject, and a subject that is none is refused", () =>
  withAccessApi(async ({ call, world }) => {
    await seedUsers(world.db, aUser("jo"));
    await seedDefinition(world.db, "a", [{ kind: "User", name: "jo" }], []);
    await seedDefinition(world.db, "b", [ADMIN], []);
    const namesOf = async (query: string) => (await call("GET", `/rbac${query}`)).body.items.map(({ name }: { name: string }) => name);
    expect(await namesOf("")).toEqual(["a", "b"]);
    expect(await namesOf("?subject=User:jo")).toEqual(["a"]);
    expect(await namesOf("?subject=Group:jo")).toEqual([]);
    expect(await namesOf("?name=b")).toEqual(["b"]);
    expect(await call("GET", "/rbac?subject=jo")).toMatchObject({ status: 400, body: { error: { reason: "SUBJECT_INVALID" } } });
  }));

test.each<[string, string, unknown, RoleBinding, number]>([
  ["GET", "/rbac", undefined, { role: "view", resource: "rbac" }, 200],
  ["POST", "/rbac", { name: "new", subjects: [ADMIN], roleBindings: [] }, { role: "create", resource: "rbac", name: "new" }, 201],
  ["GET", "/rbac/team", undefined, { role: "view", resource: "rbac", name: "team" }, 200],
  ["PATCH", "/rbac/rbac_team", { roleBindings: [] }, { role: "edit", resource: "rbac", name: "team" }, 200],
  ["DELETE", "/rbac/team", undefined, { role: "delete", resource: "rbac", name: "team" }, 204],
])("%s %s takes its role binding and no other", (method, path, body, binding, status) =>
  withAccessApi(async ({ callWith, world }) => {
    await seedDefinition(world.db, "team", [ADMIN], [{ action: "logs" }]);
    const refused = await callWith(
      [
        { role: "run", resource: "rbac" },
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

test("over REST too nobody hands out what they do not hold", () =>
  withAccessApi(async ({ callWith }) => {
    const clerk: RoleBinding[] = [
      { role: "create", resource: "rbac" },
      { role: "view", resource: "servers", name: "a" },
    ];
    const body = (binding: RoleBinding) => ({ name: "mine", subjects: [ADMIN], roleBindings: [binding] });
    const refused = await callWith(clerk, "POST", "/rbac", body({ role: "view", resource: "servers" }));
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "RIGHTS_NOT_HELD" } } });
    expect((await callWith(clerk, "POST", "/rbac", body({ role: "view", resource: "servers", name: "a" }))).status).toBe(201);
  }));

test("what was made for a token is read by its name and left alone", () =>
  withAccessApi(async ({ call, world }) => {
    await seedProject(world.db, "demo", "usr_admin");
    const { id, sha } = await seedToken(world.db, { name: "ci", project: "demo", ownerId: "usr_admin" });
    const { body } = await call("GET", `/rbac/mcptoken-${id}`);
    expect(body).toMatchObject({ tokenId: id, subjects: [{ kind: "McpToken", name: sha }] });
    const refused = { status: 409, body: { error: { reason: "DEFINITION_AUTOMATIC", hint: expect.any(String) } } };
    expect(await call("PATCH", `/rbac/mcptoken-${id}`, { body: { roleBindings: [] } })).toMatchObject(refused);
    expect(await call("DELETE", `/rbac/mcptoken-${id}`)).toMatchObject(refused);
  }));

test.each([
  ["an unknown role", { role: "root", resource: "servers" }],
  ["an unknown resource", { role: "view", resource: "everything" }],
  ["an unknown action", { action: "fly" }],
  ["a role without a resource", { role: "view" }],
  ["a role and an action", { role: "view", resource: "servers", action: "logs" }],
  ["a name with a space", { role: "view", resource: "servers", name: "a b" }],
  ["an action with a name", { action: "logs", name: "a" }],
])("%s in a binding is refused with what is allowed", (_, binding) =>
  withAccessApi(async ({ call }) => {
    const { status, body } = await call("POST", "/rbac", { body: { name: "team", subjects: [ADMIN], roleBindings: [binding] } });
    expect({ status, reason: body.error.reason }).toEqual({ status: 400, reason: "FIELD_INVALID" });
    expect(body.error.message).toContain("body.roleBindings.0");
  }),
);
