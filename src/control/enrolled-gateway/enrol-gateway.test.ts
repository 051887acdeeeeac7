import { expect, test } from "bun:test";
import { callerOf } from "../../api/grant.ts";
import { generateCredential } from "../../core/credential.ts";
import { randomIds } from "../../core/ids.ts";
import { hashToken } from "../../core/mcp-token.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Actor } from "../access/actor.ts";
import { systemActor } from "../access/system-actor.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { deleteGateway } from "./delete-gateway.ts";
import { enrolGateway } from "./enrol-gateway.ts";
import { findGateway } from "./find-gateway.ts";
import { gatewayKeyResolver } from "./gateway-key-resolver.ts";
import { sqlEnrolledGatewayStore } from "./sql-enrolled-gateway-store.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");
const EDGE = { name: "edge", description: "in the cellar" };
const READS: readonly RoleBinding[] = (["projects", "servers", "prompts", "secrets"] as const).map((resource) => ({
  role: "view",
  resource,
}));

async function setup() {
  const db = await openMemoryDatabase();
  const log = plainChangeLog(db);
  const time = { now: NOW };
  const clock = { now: () => time.now };
  const deps = { gateways: sqlEnrolledGatewayStore(db, log), clock, ids: randomIds };
  const setTime = (ms: number) => {
    time.now = new Date(NOW.getTime() + ms);
  };
  return { deps, changes: log.changes, setTime, resolver: gatewayKeyResolver(deps) };
}

function actorWith(bindings: readonly RoleBinding[]): Actor {
  const granted = bindings.map((binding) => ({ binding, source: "" }));
  const caller = callerOf({ principal: { kind: "user", id: "usr_1", name: "dev" }, bindings: granted, scopes: [] });
  return { caller, traceId: undefined, address: undefined };
}

test("a gateway's key is in the answer and nowhere else", async () => {
  const { deps, changes } = await setup();
  const { gateway, raw } = await enrolGateway(deps, systemActor(), EDGE);
  expect(raw).toMatch(/^mcpctl_gw_[0-9A-Za-z]{43}$/);
  expect(gateway).toMatchObject({ ...EDGE, head: raw.slice(0, 14), sha256: hashToken(raw), version: 1, lastSeenAt: undefined });
  expect(await deps.gateways.byName("edge")).toEqual(gateway);
  expect(changes).toEqual([
    {
      event: expect.objectContaining({ kind: "rpc", action: "gateway.create", resource: "gateways", resourceName: "edge" }),
      touched: [{ kind: "gateways", ref: gateway.id }],
    },
  ]);
  expect(JSON.stringify([changes, gateway])).not.toContain(raw.slice(15));
});

test("who makes one must hold what it reads: all projects, servers, prompts and secrets", async () => {
  const { deps } = await setup();
  const create: RoleBinding = { role: "create", resource: "gateways" };
  await expect(enrolGateway(deps, actorWith(READS), EDGE)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
  for (const left of READS) {
    const some = [create, ...READS.filter((binding) => binding !== left)];
    await expect(enrolGateway(deps, actorWith(some), EDGE)).rejects.toMatchObject({ code: "denied", reason: "RIGHTS_NOT_HELD" });
  }
  expect((await enrolGateway(deps, actorWith([create, ...READS]), EDGE)).gateway.name).toBe("edge");
});

test("a key opens nothing by role bindings, and nothing at all when its gateway was deleted", async () => {
  const { deps, resolver } = await setup();
  const { gateway, raw } = await enrolGateway(deps, systemActor(), EDGE);
  expect(await resolver.resolve(raw)).toEqual({ principal: { kind: "gateway", id: gateway.id, name: "edge" }, bindings: [], scopes: [] });
  for (const other of [generateCredential("gateway"), `${raw}x`, "mcpctl_gw_"]) expect(await resolver.resolve(other)).toBeUndefined();
  await deleteGateway(deps, systemActor(), "edge", undefined);
  expect(await resolver.resolve(raw)).toBeUndefined();
});

test("when a gateway was seen is kept once a minute", async () => {
  const { deps, resolver, setTime } = await setup();
  const { raw } = await enrolGateway(deps, systemActor(), EDGE);
  const seen: (number | undefined)[] = [];
  for (const ms of [0, 59_999, 60_000]) {
    setTime(ms);
    await resolver.resolve(raw);
    seen.push((await deps.gateways.byName("edge"))?.lastSeenAt?.getTime());
  }
  expect(seen).toEqual([0, 0, 60_000].map((ms) => NOW.getTime() + ms));
});

test("deleting takes the right to, the version that was read, and says so in the audit log", async () => {
  const { deps, changes } = await setup();
  const { gateway } = await enrolGateway(deps, systemActor(), EDGE);
  await expect(deleteGateway(deps, actorWith(READS), "edge", undefined)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
  await expect(deleteGateway(deps, systemActor(), "edge", 2)).rejects.toMatchObject({ reason: "VERSION_STALE" });
  await deleteGateway(deps, systemActor(), gateway.id, 1);
  expect(changes[1]).toMatchObject({ event: { action: "gateway.delete" }, touched: [{ kind: "gateways", ref: gateway.id }] });
  await expect(findGateway(deps.gateways, systemActor(), "view", "edge")).rejects.toMatchObject({ reason: "GATEWAY_UNKNOWN" });
});
