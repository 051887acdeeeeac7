import { expect, test } from "bun:test";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { seedDefinition } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { withAccessApi } from "./access-api.fixture.ts";

const PASSWORD = "correct horse battery";

test("a user is created, read, changed and deleted over REST, with an ETag and without the hash", () =>
  withAccessApi(async ({ call }) => {
    const body = { username: "jo", email: "Jo@Example.org", roles: ["view"], password: PASSWORD };
    const created = await call("POST", "/users", { body });
    expect(created.status).toBe(201);
    expect(created.headers.get("etag")).toBe('"1"');
    expect(ENDPOINTS.users.create.reply.parse(created.body)).toEqual(created.body);
    expect(created.body).toMatchObject({ username: "jo", email: "jo@example.org", roles: ["view"], disabled: false, hasPassword: true });
    expect(JSON.stringify(created.body)).not.toContain("hash of");
    for (const reference of ["jo", created.body.id, "jo@example.org"]) {
      expect(await call("GET", `/users/${reference}`)).toMatchObject({ status: 200, body: created.body });
    }
    const changed = await call("PATCH", "/users/jo", { body: { disabled: true }, ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, body: { disabled: true, version: 2 } });
    const stale = await call("PATCH", "/users/jo", { body: { disabled: false }, ifMatch: '"1"' });
    expect(stale).toMatchObject({ status: 412, body: { error: { code: "precondition_failed", reason: "VERSION_STALE" } } });
    expect((await call("DELETE", "/users/jo")).status).toBe(204);
    expect(await call("GET", "/users/jo")).toMatchObject({ status: 404, body: { error: { code: "not_found", reason: "USER_UNKNOWN" } } });
  }));

test("users are listed page by page, sorted and filtered", () =>
  withAccessApi(async ({ call, world }) => {
    await seedUsers(world.db, aUser("al"), aUser("bo"), aUser("cy"));
    const first = await call("GET", "/users?limit=2");
    expect(first.body.items.map(({ username }: { username: string }) => username)).toEqual(["admin", "al"]);
    const second = await call("GET", `/users?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ items: [{ username: "bo" }, { username: "cy" }], nextCursor: null });
    expect((await call("GET", "/users?sort=-username&limit=1")).body.items).toMatchObject([{ username: "cy" }]);
    expect((await call("GET", "/users?username=bo")).body.items).toMatchObject([{ username: "bo" }]);
    expect((await call("GET", "/users?username=b%00")).body.items).toEqual([]);
    expect(await call("GET", "/users?sort=password")).toMatchObject({ status: 400, body: { error: { reason: "FIELD_INVALID" } } });
  }));

test.each<[string, string, unknown, RoleBinding, number]>([
  ["GET", "/users", undefined, { role: "view", resource: "users" }, 200],
  ["POST", "/users", { username: "new" }, { role: "create", resource: "users", name: "new" }, 201],
  ["GET", "/users/jo", undefined, { role: "view", resource: "users", name: "jo" }, 200],
  ["GET", "/users/usr_jo", undefined, { role: "view", resource: "users", name: "jo" }, 200],
  ["GET", "/users/jo@example.org", undefined, { role: "view", resource: "users" }, 200],
  ["PATCH", "/users/jo", { disabled: true }, { role: "edit", resource: "users", name: "jo" }, 200],
  ["DELETE", "/users/jo", undefined, { role: "delete", resource: "users", name: "jo" }, 204],
])("%s %s takes its role binding and no other", (method, path, body, binding, status) =>
  withAccessApi(async ({ callWith, world, audited }) => {
    await seedUsers(world.db, aUser("jo", { email: "jo@example.org" }));
    const refused = await callWith(
      [
        { role: "run", resource: "users" },
        { role: "edit", resource: "groups" },
      ],
      method,
      path,
      body,
    );
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "PERMISSION_DENIED" } } });
    const name = "name" in binding ? `,name:${binding.name}` : "";
    expect(refused.body.error.hint).toEndWith(`${"role" in binding ? binding.role : ""},resource:users${name}`);
    expect(audited).toMatchObject([{ kind: "rbac_decision", outcome: "refused", actorName: "caller" }]);
    expect((await callWith([binding], method, path, body)).status).toBe(status);
  }),
);

test("over REST too nobody gives a role, a password or an email beyond their own rights", () =>
  withAccessApi(async ({ callWith, world }) => {
    await seedUsers(world.db, aUser("jo"));
    await seedDefinition(world.db, "strong", [{ kind: "User", name: "jo" }], [{ action: "exec" }]);
    const clerk: RoleBinding[] = [
      { role: "edit", resource: "users" },
      { role: "create", resource: "users" },
    ];
    const notHeld = { status: 403, body: { error: { code: "forbidden", reason: "RIGHTS_NOT_HELD" } } };
    expect(await callWith(clerk, "POST", "/users", { username: "x", roles: ["admin"] })).toMatchObject(notHeld);
    expect(await callWith(clerk, "PATCH", "/users/jo", { roles: ["run"] })).toMatchObject(notHeld);
    expect(await callWith(clerk, "PATCH", "/users/jo", { password: PASSWORD })).toMatchObject(notHeld);
    expect(await callWith(clerk, "PATCH", "/users/jo", { email: "x@example.org" })).toMatchObject(notHeld);
    expect(await callWith([...clerk, { action: "exec" }], "PATCH", "/users/jo", { password: PASSWORD })).toMatchObject({ status: 200 });
  }));

test("a refused field is named with what is allowed, and a password is not repeated", () =>
  withAccessApi(async ({ call }) => {
    const refusalOf = async (body: unknown) => (await call("POST", "/users", { body })).body.error;
    expect(await refusalOf({ username: "J\u043e" })).toMatchObject({
      reason: "FIELD_INVALID",
      message: expect.stringContaining("body.username: must be"),
    });
    expect((await refusalOf({ username: "jo", roles: ["root"] })).message).toContain("body.roles.0");
    expect((await refusalOf({ username: "jo", email: "nope" })).message).toContain("body.email: must be an email address");
    const short = await refusalOf({ username: "jo", password: "hunter2" });
    expect(short.message).toContain("body.password: must have at least 12 characters");
    expect(short.message).not.toContain("hunter2");
  }));
