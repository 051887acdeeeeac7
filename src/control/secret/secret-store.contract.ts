import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import type { Change } from "../change/change-log.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import type { Secret } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

export interface SecretStoreSetup {
  readonly store: SecretStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
  /** Registers servers that name a secret each, whether it is there or not. */
  readonly use: (servers: Readonly<Record<string, string>>) => Promise<void>;
}

/** An empty store. */
export type WithSecretStore = (run: (setup: SecretStoreSetup) => Promise<void>) => Promise<void>;

const at = new Date("2026-01-02T03:04:05.678Z");
const SECRET: Secret = { id: "sec_1", name: "key", description: "of é", version: 1, createdAt: at, updatedAt: at };
const EVENT: AuditDraft = {
  kind: "rpc",
  outcome: "ok",
  at: "2026-02-01T00:00:00.000Z",
  actorKind: "system",
  actorId: "system",
  actorName: "system",
};
const TOUCHED = [{ kind: "secrets", ref: "sec_1" }] as const;
const FIRST = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined } as const;

/** What every adapter of `SecretStore` does. */
export function secretStoreContract(name: string, withStore: WithSecretStore): void {
  test(`${name}: a secret comes back without its value, which is kept as it was given`, () =>
    withStore(async ({ store, changes }) => {
      const ciphertext = "v1.1.".padEnd(90_000, "x");
      expect(await store.insert(SECRET, ciphertext, EVENT)).toEqual({ ...SECRET, usedBy: [] });
      for (const found of [await store.byId("sec_1"), await store.byName("key")]) expect(found).toEqual({ ...SECRET, usedBy: [] });
      expect(await store.sealed(["key", "none"])).toEqual([{ id: "sec_1", name: "key", ciphertext }]);
      expect(await store.sealed([])).toEqual([]);
      expect(changes).toEqual([{ event: EVENT, touched: TOUCHED }]);
    }));

  test(`${name}: a name is taken once, and of those who want it at once one gets it`, () =>
    withStore(async ({ store, changes }) => {
      const outcomes = await Promise.allSettled(["sec_1", "sec_2", "sec_3"].map((id) => store.insert({ ...SECRET, id }, id, EVENT)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const taken = { code: "conflict", reason: "SECRET_NAME_TAKEN" };
      for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(taken);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: who uses a secret is told by the servers that name it`, () =>
    withStore(async ({ store, use }) => {
      await store.insert(SECRET, "x", EVENT);
      await store.insert({ ...SECRET, id: "sec_2", name: "key-2" }, "x", EVENT);
      await use({ b: "key", a: "key", c: "key-2", d: "ke" });
      expect(await store.byName("key")).toMatchObject({ usedBy: ["a", "b"] });
      expect((await store.page({}, FIRST)).items.map(({ usedBy }) => usedBy)).toEqual([["a", "b"], ["c"]]);
    }));

  test(`${name}: a change shows in what it names and counts as one version; a plan that refuses changes nothing`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(SECRET, "old", EVENT);
      const expected = { ...SECRET, usedBy: [], description: "new", version: 2, updatedAt: new Date(EVENT.at) };
      expect(await store.change("sec_1", () => ({ description: "new", event: EVENT }))).toEqual(expected);
      expect(await store.sealed(["key"])).toMatchObject([{ ciphertext: "old" }]);
      expect(await store.change("sec_1", () => ({ ciphertext: "new", event: EVENT }))).toEqual({ ...expected, version: 3 });
      expect(await store.sealed(["key"])).toMatchObject([{ ciphertext: "new" }]);
      expect(await store.change("sec_1", () => undefined)).toMatchObject({ version: 3 });
      const refuse = () => {
        throw new AppError("precondition", "NO", "no");
      };
      await expect(store.change("sec_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.delete("sec_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      expect(changes).toEqual(Array(3).fill({ event: EVENT, touched: TOUCHED }));
    }));

  test(`${name}: a secret that is deleted is gone, and what is not there cannot be changed`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(SECRET, "x", EVENT);
      await store.delete("sec_1", () => EVENT);
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: TOUCHED });
      expect(await store.sealed(["key"])).toEqual([]);
      const unknown = { code: "not_found", reason: "SECRET_UNKNOWN" };
      await expect(store.delete("sec_1", () => EVENT)).rejects.toMatchObject(unknown);
      await expect(store.change("sec_1", () => ({ event: EVENT }))).rejects.toMatchObject(unknown);
    }));

  test(`${name}: pages follow one another and show only what is asked for`, () =>
    withStore(async ({ store }) => {
      for (const [index, each] of ["bb", "aa", "cc"].entries()) {
        await store.insert({ ...SECRET, id: `sec_${index}`, name: each, createdAt: new Date(at.getTime() - index) }, "x", EVENT);
      }
      const first = await store.page({}, { ...FIRST, limit: 2 });
      expect(first.items.map((secret) => secret.name)).toEqual(["aa", "bb"]);
      const second = await store.page({}, { ...FIRST, limit: 2, after: decodeCursor(first.nextCursor ?? "") });
      expect(second).toMatchObject({ items: [{ name: "cc" }], nextCursor: null });
      const byAge = await store.page({}, { ...FIRST, sort: { field: "createdAt", descending: false } });
      expect(byAge.items.map((secret) => secret.name)).toEqual(["cc", "aa", "bb"]);
      expect(await store.page({ name: "cc" }, FIRST)).toMatchObject({ items: [{ name: "cc" }] });
      expect(await store.page({}, { ...FIRST, names: new Set(["bb"]) })).toMatchObject({ items: [{ name: "bb" }], nextCursor: null });
    }));
}
