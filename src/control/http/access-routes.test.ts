import { expect, test } from "bun:test";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { seedDefinition, seedProject, seedToken } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { withAccessApi } from "./access-api.fixture.ts";

const VIEW_A = { role: "view", resource: "servers", name: "a" } as const;

test("can-i answers for the caller, with the binding that decided and a reason", () =>
  withAccessApi(async ({ call, world }) => {
    await seedUsers(world.db, aUser("jo"));
    await seedDefinition(world.db, "viewers", [{ kind: "User", name: "jo" }], [VIEW_A]);
    const yes = await call("GET", "/auth/can-i?verb=view&resource=servers&name=a", { as: "User:jo" });
    expect(ENDPOINTS.auth.canI.reply.parse(yes.body)).toEqual(yes.body);
    expect(yes.body).toMatchObject({ allowed: true, subject: "User:jo", by: { binding: VIEW_A, source: "viewers" } });
    const no = await call("GET", "/auth/can-i?action=logs", { as: "User:jo" });
    expect(no).toMatchObject({ status: 200, body: { allowed: false, by: null } });
    expect(no.body.reason).toContain("action:logs");
    expect(await call("GET", "/auth/can-i?verb=view", { as: "User:jo" })).toMatchObject({
      status: 400,
      body: { error: { reason: "ACCESS_QUESTION_INVALID" } },
    });
  }));

test("can-i for another takes the action impersonate", () =>
  withAccessApi(async ({ call, callWith, world }) => {
    await seedUsers(world.db, aUser("jo"));
    const path = "/auth/can-i?verb=view&resource=servers&as=User:jo";
    expect(await callWith([VIEW_A], "GET", path)).toMatchObject({ status: 403, body: { error: { reason: "PERMISSION_DENIED" } } });
    expect(await callWith([{ action: "impersonate" }], "GET", path)).toMatchObject({ status: 200, body: { allowed: false } });
    expect(await call("GET", `${path}anna`)).toMatchObject({
      status: 404,
      body: { error: { code: "not_found", reason: "SUBJECT_UNKNOWN" } },
    });
  }));

test("a token may ask what it may do and who it is, and nothing outside its project", () =>
  withAccessApi(async ({ call, world }) => {
    await seedProject(world.db, "demo", "usr_admin");
    const { sha } = await seedToken(world.db, { name: "ci", project: "demo", ownerId: "usr_admin", roleBindings: [VIEW_A] });
    const as = `McpToken:${sha}`;
    const who = await call("GET", "/auth/whoami", { as });
    expect(ENDPOINTS.auth.whoami.reply.parse(who.body)).toEqual(who.body);
    expect(who.body).toMatchObject({
      principal: { kind: "token", name: "ci", sha, project: "demo", owner: "admin" },
      bindings: [{ binding: VIEW_A, source: "mcptoken-tok_democi" }],
    });
    const asked = await call("GET", "/auth/can-i?verb=view&resource=servers&name=a", { as });
    expect(asked.body).toMatchObject({ allowed: true, subject: as, by: { source: "mcptoken-tok_democi" } });
    for (const path of ["/users", "/groups", "/rbac"]) expect((await call("GET", path, { as })).status).toBe(403);
  }));

test("whoami tells a user's roles, groups and bindings", () =>
  withAccessApi(async ({ call }) => {
    const { status, body } = await call("GET", "/auth/whoami");
    expect({ status, parsed: ENDPOINTS.auth.whoami.reply.parse(body) }).toEqual({ status: 200, parsed: body });
    expect(body).toMatchObject({ principal: { kind: "user", name: "admin" }, roles: ["admin"], groups: [], expiresAt: null });
  }));
