import { expect, test } from "bun:test";
import type { Change } from "../../change/change-log.ts";
import { at, EVENT, HOUR } from "../identity.fixture.ts";
import type { Revocation, RevokedJwtStore } from "./revoked-jwt-store.ts";

export interface RevokedJwtStoreSubject {
  readonly store: RevokedJwtStore;
  readonly changes: readonly Change[];
}

const revocation = (jti: string, hours = 0): Revocation => ({
  jti,
  expiresAt: at((hours + 1) * HOUR),
  at: at(hours * HOUR),
  event: EVENT,
});

/** What every adapter of `RevokedJwtStore` does. `withStore` gives an empty one. */
export function revokedJwtStoreContract(
  name: string,
  withStore: (run: (subject: RevokedJwtStoreSubject) => Promise<void>) => Promise<void>,
): void {
  test(`${name}: a JWT that was revoked is known as such, and announced`, () =>
    withStore(async ({ store, changes }) => {
      await store.revoke(revocation("a"));
      expect([await store.isRevoked("a"), await store.isRevoked("b")]).toEqual([true, false]);
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "jwts", ref: "a" }] }]);
    }));

  test(`${name}: revoking twice is no error, also at the same moment, and counts once`, () =>
    withStore(async ({ store, changes }) => {
      await Promise.all([store.revoke(revocation("a")), store.revoke(revocation("a"))]);
      await store.revoke(revocation("a"));
      expect(await store.isRevoked("a")).toBe(true);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: what has expired is taken away by the next, and nothing else`, () =>
    withStore(async ({ store }) => {
      for (const [jti, hours] of [
        ["a", 0],
        ["b", 0.5],
        ["c", 1],
      ] as const)
        await store.revoke(revocation(jti, hours));
      expect([await store.isRevoked("a"), await store.isRevoked("b"), await store.isRevoked("c")]).toEqual([false, true, true]);
    }));
}
