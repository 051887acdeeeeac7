import { expect, test } from "bun:test";
import type { Change } from "../../change/change-log.ts";
import { at, DAY, EVENT } from "../identity.fixture.ts";
import type { SigningKeyRecord } from "./signing-key.ts";
import type { SigningKeyStore } from "./signing-key-store.ts";

export interface SigningKeyStoreSubject {
  readonly store: SigningKeyStore;
  readonly changes: readonly Change[];
}

const key = (kid: string, days = 0): SigningKeyRecord => ({
  kid,
  ciphertext: `sealed ${kid}`,
  publicJwk: '{"kty":"OKP"}',
  createdAt: at(days * DAY),
  retiresAt: at((days + 30) * DAY),
  expiresAt: at((days + 31) * DAY),
});

/** What every adapter of `SigningKeyStore` does. `withStore` gives an empty one. */
export function signingKeyStoreContract(
  name: string,
  withStore: (run: (subject: SigningKeyStoreSubject) => Promise<void>) => Promise<void>,
): void {
  test(`${name}: a key comes back as it was saved, and is announced`, () =>
    withStore(async ({ store, changes }) => {
      expect(await store.all()).toEqual([]);
      expect(await store.add(key("k1"), EVENT)).toBe(true);
      expect(await store.all()).toEqual([key("k1")]);
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "keys", ref: "k1" }] }]);
    }));

  test(`${name}: of two keys of one name the first stays`, () =>
    withStore(async ({ store, changes }) => {
      const added = await Promise.all([store.add(key("k1"), EVENT), store.add({ ...key("k1"), ciphertext: "another" }, EVENT)]);
      expect(added.toSorted()).toEqual([false, true]);
      const [kept] = await store.all();
      expect(kept?.ciphertext).toBe(added[0] ? "sealed k1" : "another");
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a new key takes away those that have expired, and no others`, () =>
    withStore(async ({ store }) => {
      for (const [kid, days] of [
        ["k1", 0],
        ["k2", 30],
        ["k3", 31],
      ] as const)
        await store.add(key(kid, days), EVENT);
      expect((await store.all()).map(({ kid }) => kid).toSorted()).toEqual(["k2", "k3"]);
    }));
}
