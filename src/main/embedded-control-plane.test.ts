import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import pino from "pino";
import type { Grant } from "../api/grant.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { createProject } from "../control/project/create-project.ts";
import { createServer } from "../control/server/create-server.ts";
import { createMcpToken } from "../control/token/create-mcp-token.ts";
import { revokeMcpToken } from "../control/token/end-mcp-token.ts";
import { CREDENTIAL_PREFIX, generateCredential } from "../core/credential.ts";
import type { ControlEvent } from "../gateway/control-plane.ts";
import { dispatchTasksContract } from "../gateway/dispatch/dispatch-tasks.contract.ts";
import { openMemoryDatabase } from "../store/memory-database.fixture.ts";
import type { Schema } from "../store/schema.ts";
import { DEFAULT_CONFIG } from "./config-file.ts";
import { ensureAdmin } from "./demo.ts";
import { embeddedControlPlane } from "./embedded-control-plane.ts";
import { deriveKeys } from "./master-key.ts";
import { type Control, startControl } from "./start-control.ts";

const OPERATOR = `${CREDENTIAL_PREFIX.operator}of-this-installation`;

let folder = "";
let db: Kysely<Schema>;
let control: Control;
let adminId = "";
let time = 0;
const clock = { now: () => new Date(time) };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-plane-"));
  db = await openMemoryDatabase();
  time = Date.parse("2026-01-01T00:00:00Z");
  control = await startControl({
    db,
    engine: "sqlite",
    databaseUrl: ":memory:",
    auditWriter: "aw_test",
    auditCheckpoints: join(folder, "checkpoints.jsonl"),
    auditThread: false,
    keys: deriveKeys(new Uint8Array(32)),
    operatorKey: OPERATOR,
    bindAddress: "127.0.0.1",
    config: DEFAULT_CONFIG,
    clock,
    log: pino({ level: "silent" }),
  });
  adminId = (await ensureAdmin(control)).id;
});

afterEach(async () => {
  await control.close();
  await db.destroy();
  rmSync(folder, { recursive: true });
});

const actor = systemActor();

async function seed() {
  const { servers, projects } = control.stores;
  await createServer({ ...control, servers }, actor, { handle: "content", backing: { kind: "builtin", name: "content" } });
  await createProject({ ...control, projects }, actor, { name: "demo", servers: ["content"], ownerId: adminId });
}

async function issue(expiresAt?: Date) {
  const input = { name: "t", project: "demo", description: "", rbac: "clone", roleBindings: [], expiresAt, force: true } as const;
  return createMcpToken({ ...control, ...control.stores }, actor, input);
}

test("a token opens its project until it expires or is replaced, and an unknown one opens nothing", async () => {
  await seed();
  const plane = embeddedControlPlane(control);
  const expiresAt = new Date(time + 1000);
  const { raw, listing } = await issue(expiresAt);
  const grant = (await plane.introspect(raw)) as Grant;
  expect(grant.principal).toMatchObject({ kind: "token", id: listing.token.id, name: "t", project: "demo", owner: "admin" });
  expect(grant.expiresAt).toBe(expiresAt.toISOString());
  expect(await plane.introspect(generateCredential("token"))).toBeUndefined();
  time += 1000;
  expect(await plane.introspect(raw)).toBeUndefined();
  const fresh = await issue();
  expect(await plane.introspect(fresh.raw)).toMatchObject({ principal: { name: "t" } });
  await issue();
  expect(await plane.introspect(fresh.raw)).toBeUndefined();
});

test("the operator's key is the installation itself, and no other key is", async () => {
  const plane = embeddedControlPlane(control);
  expect(await plane.introspect(OPERATOR)).toMatchObject({ principal: { kind: "system" } });
  for (const wrong of [`${OPERATOR}x`, OPERATOR.toUpperCase(), CREDENTIAL_PREFIX.operator])
    expect(await plane.introspect(wrong)).toBeUndefined();
});

test("the snapshot has what is served, and whoever watches hears of every change in its order", async () => {
  const plane = embeddedControlPlane(control);
  const events: ControlEvent[] = [];
  const before = await plane.snapshot();
  const stop = plane.watch((event) => events.push(event));
  await seed();
  const { raw, listing } = await issue();
  await revokeMcpToken({ ...control, tokens: control.stores.tokens }, actor, { id: listing.token.id, project: undefined });
  const after = await plane.snapshot();
  stop();
  expect(after.servers.map(({ handle }) => handle)).toEqual(["content"]);
  expect(after.projects).toMatchObject([{ name: "demo", servers: ["content"] }]);
  const changed = events.flatMap((event) => (event.kind === "changed" ? [event.event] : []));
  expect(changed.map(({ revision }) => revision)).toEqual(changed.map((_, index) => before.revision + 1 + index));
  expect(changed.at(-1)?.revision).toBe(after.revision);
  const kinds = changed.map(({ touched }) => touched.map(({ kind }) => kind));
  expect(kinds[0]).toContain("servers");
  expect(kinds[1]).toContain("projects");
  expect(kinds.at(-1)).toContain("mcptokens");
  expect(events.filter(({ kind }) => kind === "connected")).toHaveLength(1);
  expect(await plane.introspect(raw)).toBeUndefined();
});

test("a session that was ended is known to be so until its limit", async () => {
  const plane = embeddedControlPlane(control);
  const idHash = "a".repeat(64);
  const expiresAt = new Date(time + 1000);
  await plane.endSession(idHash, expiresAt);
  expect(await plane.endedSessions()).toEqual([{ idHash, expiresAt }]);
  time += 1000;
  expect(await plane.endedSessions()).toEqual([]);
});

dispatchTasksContract("in this process", async (run) => {
  const { tasks } = embeddedControlPlane(control);
  if (tasks === undefined) throw new Error("mcpd keeps tasks");
  await run(tasks, (ms) => {
    time += ms;
  });
});
