import { expect, test } from "bun:test";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

const ADMIN: User = {
  id: "usr_1",
  username: "admin",
  passwordHash: undefined,
  admin: true,
  createdAt: new Date("2026-01-02T03:04:05.678Z"),
};

/** What every adapter of `UserStore` does. `withStore` gives an empty one. */
export function userStoreContract(name: string, withStore: (run: (store: UserStore) => Promise<void>) => Promise<void>): void {
  test(`${name}: there is no administrator before one is made`, () =>
    withStore(async (store) => {
      expect(await store.firstAdmin()).toBeUndefined();
    }));

  test(`${name}: an administrator comes back as it was saved, without a password until one is set`, () =>
    withStore(async (store) => {
      await store.insert(ADMIN);
      expect(await store.firstAdmin()).toEqual(ADMIN);
      await store.setPasswordHash(ADMIN.id, "$argon2id$hash");
      expect(await store.firstAdmin()).toEqual({ ...ADMIN, passwordHash: "$argon2id$hash" });
    }));

  test(`${name}: of administrators the one made first counts, and no other user`, () =>
    withStore(async (store) => {
      await store.insert({ ...ADMIN, id: "usr_3", username: "later", createdAt: new Date("2026-03-01T00:00:00Z") });
      await store.insert({ ...ADMIN, id: "usr_2", username: "plain", admin: false, createdAt: new Date("2025-01-01T00:00:00Z") });
      await store.insert(ADMIN);
      expect(await store.firstAdmin()).toEqual(ADMIN);
    }));

  test(`${name}: a username is taken once`, () =>
    withStore(async (store) => {
      await store.insert(ADMIN);
      await expect(store.insert({ ...ADMIN, id: "usr_2" })).rejects.toMatchObject({ code: "conflict", reason: "USERNAME_TAKEN" });
    }));
}
