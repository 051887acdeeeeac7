import { expect, test } from "bun:test";
import type { EndedSessionStore } from "./ended-session-store.ts";

const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms);

/** What every adapter of `EndedSessionStore` does. `withStore` gives an empty one. */
export function endedSessionStoreContract(
  name: string,
  withStore: (run: (store: EndedSessionStore) => Promise<void>) => Promise<void>,
): void {
  test(`${name}: a session that ended is known until its limit`, () =>
    withStore(async (store) => {
      await store.add("a", at(1000));
      expect(await store.live(at(999))).toEqual([{ idHash: "a", expiresAt: at(1000) }]);
      expect(await store.live(at(1000))).toEqual([]);
    }));

  test(`${name}: ending a session twice is no error, also at the same time`, () =>
    withStore(async (store) => {
      await Promise.all([store.add("a", at(1000)), store.add("a", at(1000))]);
      await store.add("a", at(1000));
      expect(await store.live(at(0))).toHaveLength(1);
    }));

  test(`${name}: what is past its limit is pruned, and nothing else`, () =>
    withStore(async (store) => {
      await store.add("a", at(1000));
      await store.add("b", at(2000));
      await store.prune(at(1000));
      expect((await store.live(at(0))).map(({ idHash }) => idHash)).toEqual(["b"]);
    }));
}
