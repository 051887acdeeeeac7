import { expect, test } from "bun:test";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { endMcpSession, listEndedSessions } from "./end-mcp-session.ts";
import { sqlEndedSessionStore } from "./sql-ended-session-store.ts";

const NOW = new Date("2026-01-01T00:00:00.000Z");
const SESSION = { idHash: "a".repeat(64), expiresAt: new Date("2026-01-02T00:00:00.000Z") };

async function setup() {
  const db = await openMemoryDatabase();
  const log = plainChangeLog(db);
  const time = { now: NOW };
  const deps = { ended: sqlEndedSessionStore(db, log), clock: { now: () => time.now } };
  return { db, deps, time, changes: log.changes };
}

test("an ended session is listed until its limit, and recorded once", async () => {
  const { db, deps, time, changes } = await setup();
  for (let times = 0; times < 2; times += 1) await endMcpSession(deps, systemActor(), SESSION);
  expect(await listEndedSessions(deps)).toEqual([SESSION]);
  expect(changes.map(({ event }) => [event.kind, event.action, event.resourceName])).toEqual([["rpc", "mcp-session.end", SESSION.idHash]]);
  time.now = SESSION.expiresAt;
  expect(await listEndedSessions(deps)).toEqual([]);
  expect(await db.selectFrom("ended_sessions").selectAll().execute()).toEqual([]);
});

test("one that has reached its limit is not kept, and what is no hash is refused", async () => {
  const { deps, changes } = await setup();
  await endMcpSession(deps, systemActor(), { ...SESSION, expiresAt: NOW });
  expect(changes).toEqual([]);
  for (const idHash of ["", "A".repeat(64), `${"a".repeat(63)} `]) {
    const ending = endMcpSession(deps, systemActor(), { ...SESSION, idHash });
    await expect(ending).rejects.toMatchObject({ code: "invalid", reason: "SESSION_HASH_INVALID" });
  }
});
