import { expect, test } from "bun:test";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { createAdmin } from "./create-admin.ts";
import { givePassword } from "./give-password.ts";
import { sqlUserStore } from "./sql-user-store.ts";

test("the administrator gets a random password that is stored as its hash alone", async () => {
  const db = await openMemoryDatabase();
  const users = sqlUserStore(db);
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  const admin = await createAdmin({ users, clock, ids: { next: (prefix) => `${prefix}_1` } }, "admin");
  expect(admin).toEqual({ id: "usr_1", username: "admin", passwordHash: undefined, admin: true, createdAt: clock.now() });
  const hashPassword = async (password: string) => `hash of ${password.length}`;
  const [first, second] = [await givePassword({ users, hashPassword }, admin), await givePassword({ users, hashPassword }, admin)];
  expect(first).toMatch(/^[0-9A-Za-z]{22}$/);
  expect(second).not.toBe(first);
  expect((await users.firstAdmin())?.passwordHash).toBe("hash of 22");
  await db.destroy();
});
