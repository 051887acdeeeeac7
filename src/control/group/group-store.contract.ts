import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { WithDatabase } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { systemActor } from "../access/system-actor.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { seedDefinition, seedGroup } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import type { Group } from "./group.ts";
import type { GroupStore } from "./group-store.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");
const LATER = new Date("2026-05-06T07:08:09.000Z");
const EVENT = resourceEvent(systemActor(), LATER, { action: "group.test", resource: "groups", resourceName: "dev" });
const DEV: Group = {
  id: "grp_dev",
  name: "dev",
  description: "They write it",
  members: ["al", "jo"],
  version: 1,
  createdAt: AT,
  updatedAt: AT,
};
const BY_NAME = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined } as const;

interface Bench {
  readonly store: GroupStore;
  readonly db: Kysely<Schema>;
  readonly changes: readonly Change[];
}

/** What every adapter of `GroupStore` does. There are the users `al`, `jo` and `bo`. */
export function groupStoreContract(
  name: string,
  withDatabase: WithDatabase,
  makeStore: (db: Kysely<Schema>, changes: ChangeLog) => GroupStore,
): void {
  const withStore = (run: (bench: Bench) => Promise<void>) =>
    withDatabase(async (db) => {
      await seedUsers(db, aUser("al"), aUser("jo"), aUser("bo"));
      const log = plainChangeLog(db);
      await run({ store: makeStore(db, log), db, changes: log.changes });
    });

  test(`${name}: a group comes back as it was saved, by id and name, with its members`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(DEV, EVENT);
      await store.insert({ ...DEV, id: "grp_ops", name: "ops", members: [] }, EVENT);
      expect(await store.byId(DEV.id)).toEqual(DEV);
      expect(await store.byName("dev")).toEqual(DEV);
      expect(await store.byName("ops")).toMatchObject({ members: [] });
      expect([await store.byId("grp_none"), await store.byName("none")]).toEqual([undefined, undefined]);
      expect(await store.namesOfUser("usr_jo")).toEqual(["dev"]);
      expect(await store.namesOfUser("usr_bo")).toEqual([]);
      expect(changes[0]).toEqual({ event: EVENT, touched: [{ kind: "groups", ref: DEV.id }] });
    }));

  test(`${name}: a name is taken once, and a member must be a user`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(DEV, EVENT);
      const insert = (traits: Partial<Group>) => store.insert({ ...DEV, id: "grp_2", ...traits }, EVENT);
      await expect(insert({})).rejects.toMatchObject({ code: "conflict", reason: "GROUP_NAME_TAKEN" });
      await expect(insert({ name: "ops", members: ["jo", "nobody"] })).rejects.toMatchObject({
        code: "not_found",
        reason: "USER_UNKNOWN",
        message: "There is no user nobody",
      });
      await expect(store.change(DEV.id, () => ({ members: ["nobody"], event: EVENT }))).rejects.toMatchObject({ reason: "USER_UNKNOWN" });
      expect(await store.byName("ops")).toBeUndefined();
      expect(await store.byId(DEV.id)).toEqual(DEV);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: of two groups of one name at the same moment one is made and the other refused`, () =>
    withStore(async ({ store }) => {
      const results = await Promise.allSettled([store.insert(DEV, EVENT), store.insert({ ...DEV, id: "grp_2" }, EVENT)]);
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const refused = results.find((result) => result.status === "rejected");
      expect(refused?.reason).toMatchObject({ code: "conflict", reason: "GROUP_NAME_TAKEN" });
      expect((await store.page({}, BY_NAME)).items).toHaveLength(1);
    }));

  test(`${name}: a change counts a version and leaves alone what it does not name`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(DEV, EVENT);
      const changed = await store.change(DEV.id, (current) => {
        expect(current).toEqual(DEV);
        return { members: ["bo", "jo"], event: EVENT };
      });
      expect(changed).toEqual({ ...DEV, members: ["bo", "jo"], version: 2, updatedAt: LATER });
      expect(await store.byId(DEV.id)).toEqual(changed);
      const described = await store.change(DEV.id, () => ({ description: "", event: EVENT }));
      expect(described).toEqual({ ...changed, description: "", version: 3 });
      expect(await store.byId(DEV.id)).toEqual(described);
      expect(changes).toHaveLength(3);
    }));

  test(`${name}: a plan that changes nothing, or throws, leaves no trace`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(DEV, EVENT);
      const fail = () => {
        throw new Error("no");
      };
      expect(await store.change(DEV.id, () => undefined)).toEqual(DEV);
      await expect(store.change(DEV.id, fail)).rejects.toThrow("no");
      await expect(store.delete(DEV.id, fail)).rejects.toThrow("no");
      expect(await store.byId(DEV.id)).toEqual(DEV);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: changes at the same moment all count`, () =>
    withStore(async ({ store }) => {
      await store.insert({ ...DEV, members: [] }, EVENT);
      await Promise.all(
        ["al", "bo", "jo"].map((member) =>
          store.change(DEV.id, (current) => ({ members: [...current.members, member].sort(), event: EVENT })),
        ),
      );
      expect(await store.byId(DEV.id)).toMatchObject({ members: ["al", "bo", "jo"], version: 4 });
    }));

  test(`${name}: a deleted group is no subject any more, and a definition for it alone goes too`, () =>
    withStore(async ({ store, db, changes }) => {
      await store.insert(DEV, EVENT);
      await seedDefinition(db, "alone", [{ kind: "Group", name: "dev" }], []);
      await seedDefinition(
        db,
        "shared",
        [
          { kind: "Group", name: "dev" },
          { kind: "User", name: "dev" },
        ],
        [],
      );
      await store.delete(DEV.id, () => EVENT);
      expect(await store.byId(DEV.id)).toBeUndefined();
      expect(await store.namesOfUser("usr_jo")).toEqual([]);
      expect(await db.selectFrom("rbac_definitions").select(["name", "version"]).execute()).toEqual([{ name: "shared", version: 2 }]);
      expect(await db.selectFrom("rbac_subjects").select(["kind", "name"]).execute()).toEqual([{ kind: "User", name: "dev" }]);
      expect(changes.at(-1)).toMatchObject({ event: { detail: { members: ["al", "jo"], definitionsDeleted: ["alone"] } } });
      expect(new Set(changes.at(-1)?.touched.map(({ ref }) => ref))).toEqual(new Set(["grp_dev", "rbac_alone", "rbac_shared"]));
      await expect(store.delete(DEV.id, () => EVENT)).rejects.toMatchObject({ code: "not_found", reason: "GROUP_UNKNOWN" });
      await expect(store.change(DEV.id, () => undefined)).rejects.toMatchObject({ code: "not_found", reason: "GROUP_UNKNOWN" });
    }));

  test(`${name}: pages hold what may be seen and fits, in order`, () =>
    withStore(async ({ store, db }) => {
      for (const name of ["a", "b", "c", "d"]) await seedGroup(db, name, name === "b" ? [] : ["usr_jo"]);
      const namesOf = async (request: object, filter = {}) =>
        (await store.page(filter, { ...BY_NAME, ...request })).items.map(({ name }) => name);
      expect(await namesOf({})).toEqual(["a", "b", "c", "d"]);
      expect(await namesOf({}, { member: "jo" })).toEqual(["a", "c", "d"]);
      expect(await namesOf({}, { name: "c" })).toEqual(["c"]);
      expect(await namesOf({ names: new Set(["b", "c"]) }, { member: "jo" })).toEqual(["c"]);
      expect(await namesOf({ sort: { field: "createdAt", descending: true } })).toEqual(["d", "c", "b", "a"]);
      const first = await store.page({}, { ...BY_NAME, limit: 3 });
      expect(first.nextCursor).not.toBeNull();
      expect(await namesOf({ limit: 3, after: { value: "c", id: "grp_c" } })).toEqual(["d"]);
    }));
}
