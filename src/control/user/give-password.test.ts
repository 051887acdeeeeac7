import { expect, test } from "bun:test";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { createAdmin } from "./create-admin.ts";
import { giveFirstPassword, givePassword } from "./give-password.ts";
import { sqlUserStore } from "./sql-user-store.ts";

test("the administrator gets a random password that is stored as its hash alone, and both are audited", async () => {
  const db = await openMemoryDatabase();
  const log = plainChangeLog(db);
  const users = sqlUserStore(db, log);
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  const admin = await createAdmin({ users, clock, ids: { next: (prefix) => `${prefix}_1` } }, systemActor(), "admin");
  expect(admin).toMatchObject({ id: "usr_1", username: "admin", passwordHash: undefined, roles: ["admin"], createdAt: clock.now() });
  const deps = { users, clock, hashPassword: async (password: string) => `hash of ${password.length}` };
  const [first, second] = [await givePassword(deps, systemActor(), admin), await givePassword(deps, systemActor(), admin)];
  expect(first).toMatch(/^[0-9A-Za-z]{22}$/);
  expect(second).not.toBe(first);
  expect((await users.firstAdmin())?.passwordHash).toBe("hash of 22");
  expect(log.changes.map(({ event }) => [event.action, event.actorKind])).toEqual([
    ["user.create", "system"],
    ["user.update", "system"],
    ["user.update", "system"],
  ]);
  expect(JSON.stringify(log.changes)).not.toContain(first);
  await db.destroy();
});

test("a first password is given once, also where two give it at once, and never in place of another", async () => {
  const db = await openMemoryDatabase();
  const log = plainChangeLog(db);
  const users = sqlUserStore(db, log);
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  const admin = await createAdmin({ users, clock, ids: { next: (prefix) => `${prefix}_1` } }, systemActor(), "admin");
  const deps = { users, clock, hashPassword: async (password: string) => `hash of ${password}` };
  const given = await Promise.all([1, 2].map(() => giveFirstPassword(deps, systemActor(), admin)));
  const [shown, ...more] = given.filter((password) => password !== undefined);
  expect(more).toEqual([]);
  expect((await users.firstAdmin())?.passwordHash).toBe(`hash of ${shown}`);
  expect(await giveFirstPassword(deps, systemActor(), admin)).toBeUndefined();
  expect(log.changes).toHaveLength(2);
  await db.destroy();
});
