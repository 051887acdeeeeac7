import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { createProject } from "../control/project/create-project.ts";
import { sqlProjectStore } from "../control/project/sql-project-store.ts";
import { createServer } from "../control/server/create-server.ts";
import { sqlServerStore } from "../control/server/sql-server-store.ts";
import { issueMcpToken } from "../control/token/issue-mcp-token.ts";
import { sqlMcpTokenStore } from "../control/token/sql-mcp-token-store.ts";
import { createAdmin } from "../control/user/create-admin.ts";
import { sqlUserStore } from "../control/user/sql-user-store.ts";
import { randomIds } from "../core/ids.ts";
import { generateToken, hashToken } from "../core/mcp-token.ts";
import { openMemoryDatabase } from "../store/memory-database.fixture.ts";
import type { Schema } from "../store/schema.ts";
import { embeddedControlPlane } from "./embedded-control-plane.ts";

const OPERATOR = "mcpctl_op_of-this-installation";

let db: Kysely<Schema>;
let time = 0;
const clock = { now: () => new Date(time) };

beforeEach(async () => {
  db = await openMemoryDatabase();
  time = Date.parse("2026-01-01T00:00:00Z");
});

afterEach(() => db.destroy());

async function seed() {
  const shared = { clock, ids: randomIds };
  const admin = await createAdmin({ users: sqlUserStore(db), ...shared }, "admin");
  const servers = { servers: sqlServerStore(db), ...shared };
  const content = await createServer(servers, { handle: "content", backing: { kind: "builtin", name: "content" } });
  const project = await createProject(
    { projects: sqlProjectStore(db), ...shared },
    { name: "demo", ownerId: admin.id, serverIds: [content.id] },
  );
  const issue = (expiresAt?: Date) => {
    const expiry = expiresAt === undefined ? {} : { expiresAt };
    return issueMcpToken({ tokens: sqlMcpTokenStore(db), ...shared }, { name: "t", projectId: project.id, ownerId: admin.id, ...expiry });
  };
  return { issue, control: embeddedControlPlane(db, clock, hashToken(OPERATOR)) };
}

test("a token opens its project until it expires or is replaced, and an unknown one opens nothing", async () => {
  const { issue, control } = await seed();
  const expiresAt = new Date(time + 1000);
  const { raw, token } = await issue(expiresAt);
  expect(await control.introspect(hashToken(raw))).toEqual({
    principal: { kind: "token", id: token.id, name: "t", project: "demo" },
    expiresAt,
  });
  expect(await control.introspect(hashToken(generateToken()))).toBeUndefined();
  time += 1000;
  expect(await control.introspect(hashToken(raw))).toBeUndefined();
  const fresh = await issue();
  expect(await control.introspect(hashToken(fresh.raw))).toMatchObject({ expiresAt: undefined });
  await issue();
  expect(await control.introspect(hashToken(fresh.raw))).toBeUndefined();
});

test("the operator's key is the installation itself", async () => {
  const { control } = await seed();
  expect(await control.introspect(hashToken(OPERATOR))).toEqual({ principal: { kind: "system", id: "system" }, expiresAt: undefined });
});

test("the snapshot has every project and server", async () => {
  const { control } = await seed();
  expect(await control.snapshot()).toMatchObject({
    projects: [{ name: "demo", servers: ["content"] }],
    servers: [{ handle: "content", backing: { kind: "builtin", name: "content" }, enabled: true }],
  });
});

test("a session that ended is known to the next start until its limit, and then forgotten for good", async () => {
  const { control } = await seed();
  await control.endSession("a", new Date(time + 1000));
  expect(await control.endedSessions()).toEqual([{ idHash: "a", expiresAt: new Date(time + 1000) }]);
  time += 1000;
  expect(await control.endedSessions()).toEqual([]);
  expect(await db.selectFrom("ended_sessions").selectAll().execute()).toEqual([]);
});
