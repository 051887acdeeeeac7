import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import type { WithDatabase } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { systemActor } from "../access/system-actor.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { sqlGroupStore } from "../group/sql-group-store.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { seedDefinition, seedGroup, seedProject, seedToken } from "./access-seeds.fixture.ts";
import type { RbacDefinition } from "./rbac-definition.ts";
import type { RbacStore } from "./rbac-store.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");
const LATER = new Date("2026-05-06T07:08:09.000Z");
const EVENT = resourceEvent(systemActor(), LATER, { action: "rbac.test", resource: "rbac", resourceName: "edit" });
const JO: Subject = { kind: "User", name: "jo" };
const DEV: Subject = { kind: "Group", name: "dev" };
const EDIT: RbacDefinition = {
  id: "rbac_1",
  name: "edit",
  subjects: [JO, DEV, { kind: "User", name: "later@example.org" }],
  roleBindings: [{ role: "edit", resource: "servers" }, { role: "view", resource: "mcptokens", name: "demo/*" }, { action: "logs" }],
  tokenId: undefined,
  version: 1,
  createdAt: AT,
  updatedAt: AT,
};
const BY_NAME = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined } as const;

interface Bench {
  readonly store: RbacStore;
  readonly db: Kysely<Schema>;
  readonly log: ChangeLog;
  readonly changes: readonly Change[];
  readonly token: Subject;
}

/** What every adapter of `RbacStore` does. There are the users `jo` and `al`, the group `dev` and a token. */
export function rbacStoreContract(
  name: string,
  withDatabase: WithDatabase,
  makeStore: (db: Kysely<Schema>, changes: ChangeLog) => RbacStore,
): void {
  const withStore = (run: (bench: Bench) => Promise<void>) =>
    withDatabase(async (db) => {
      await seedUsers(db, aUser("jo"), aUser("al"));
      await seedGroup(db, "dev", []);
      await seedProject(db, "demo", "usr_jo");
      const { sha } = await seedToken(db, { name: "ci", project: "demo", ownerId: "usr_jo" });
      const log = plainChangeLog(db);
      await run({ store: makeStore(db, log), db, log, changes: log.changes, token: { kind: "McpToken", name: sha } });
    });

  test(`${name}: a definition comes back as it was saved, by id and name, its subjects and bindings in their order`, () =>
    withStore(async ({ store, changes, token }) => {
      const definition = { ...EDIT, subjects: [token, ...EDIT.subjects] };
      await store.insert(definition, EVENT);
      expect(await store.byId(EDIT.id)).toEqual(definition);
      expect(await store.byName("edit")).toEqual(definition);
      expect([await store.byId("rbac_none"), await store.byName("none")]).toEqual([undefined, undefined]);
      expect(await store.byName("mcptoken-tok_democi")).toMatchObject({ tokenId: "tok_democi", subjects: [token] });
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "rbac", ref: EDIT.id }] }]);
    }));

  test(`${name}: a name is taken once`, () =>
    withStore(async ({ store }) => {
      await store.insert(EDIT, EVENT);
      await expect(store.insert({ ...EDIT, id: "rbac_2" }, EVENT)).rejects.toMatchObject({ code: "conflict", reason: "RBAC_NAME_TAKEN" });
      const both = [
        { ...EDIT, id: "rbac_3", name: "race" },
        { ...EDIT, id: "rbac_4", name: "race" },
      ];
      const results = await Promise.allSettled(both.map((definition) => store.insert(definition, EVENT)));
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const refused = results.find((result) => result.status === "rejected");
      expect(refused?.reason).toMatchObject({ code: "conflict", reason: "RBAC_NAME_TAKEN" });
    }));

  test(`${name}: a subject must exist, but an email may wait for its user`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(EDIT, EVENT);
      for (const subject of [
        { kind: "User", name: "nobody" },
        { kind: "Group", name: "jo" },
        { kind: "McpToken", name: "ab".repeat(32) },
      ] as const) {
        const unknown = { code: "not_found", reason: "SUBJECT_UNKNOWN", message: `There is no ${subject.kind}:${subject.name}` };
        const insert = store.insert({ ...EDIT, id: "rbac_2", name: "two", subjects: [JO, subject] }, EVENT);
        await expect(insert).rejects.toMatchObject(unknown);
        await expect(store.change(EDIT.id, () => ({ subjects: [JO, subject], event: EVENT }))).rejects.toMatchObject(unknown);
      }
      expect(await store.byId(EDIT.id)).toEqual(EDIT);
      expect(await store.byName("two")).toBeUndefined();
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a subject that goes away at the same moment is refused, or goes from the definition too`, () =>
    withStore(async ({ store, db, log }) => {
      const groups = sqlGroupStore(db, log);
      const [made] = await Promise.allSettled([
        store.insert({ ...EDIT, subjects: [JO, DEV] }, EVENT),
        groups.delete("grp_dev", () => EVENT),
      ]);
      expect(await groups.byName("dev")).toBeUndefined();
      expect((await store.byId(EDIT.id))?.subjects).toEqual(made.status === "fulfilled" ? [JO] : undefined);
    }));

  test(`${name}: a change counts a version and leaves alone what it does not name`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(EDIT, EVENT);
      const subjects: Subject[] = [{ kind: "User", name: "al" }, JO];
      const changed = await store.change(EDIT.id, (current) => {
        expect(current).toEqual(EDIT);
        return { subjects, event: EVENT };
      });
      expect(changed).toEqual({ ...EDIT, subjects, version: 2, updatedAt: LATER });
      expect(await store.byId(EDIT.id)).toEqual(changed);
      const bound = await store.change(EDIT.id, () => ({ roleBindings: [], event: EVENT }));
      expect(bound).toEqual({ ...changed, roleBindings: [], version: 3 });
      expect(await store.byId(EDIT.id)).toEqual(bound);
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: [{ kind: "rbac", ref: EDIT.id }] });
    }));

  test(`${name}: a plan that changes nothing, or throws, leaves no trace`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(EDIT, EVENT);
      const fail = () => {
        throw new Error("no");
      };
      expect(await store.change(EDIT.id, () => undefined)).toEqual(EDIT);
      await expect(store.change(EDIT.id, fail)).rejects.toThrow("no");
      await expect(store.delete(EDIT.id, fail)).rejects.toThrow("no");
      expect(await store.byId(EDIT.id)).toEqual(EDIT);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a deleted definition takes its subjects along`, () =>
    withStore(async ({ store, db, changes, token }) => {
      await store.insert(EDIT, EVENT);
      await store.delete(EDIT.id, () => EVENT);
      expect(await store.byId(EDIT.id)).toBeUndefined();
      expect(await db.selectFrom("rbac_subjects").select("name").execute()).toEqual([{ name: token.name }]);
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: [{ kind: "rbac", ref: EDIT.id }] });
      const unknown = { code: "not_found", reason: "RBAC_UNKNOWN" };
      await expect(store.delete(EDIT.id, () => EVENT)).rejects.toMatchObject(unknown);
      await expect(store.change(EDIT.id, () => undefined)).rejects.toMatchObject(unknown);
    }));

  test(`${name}: pages hold what may be seen and fits, by subject too, in order`, () =>
    withStore(async ({ store, db, token }) => {
      await seedDefinition(db, "a", [JO, DEV], []);
      await seedDefinition(db, "b", [DEV], []);
      await seedDefinition(db, "c", [JO], []);
      const namesOf = async (request: object, filter = {}) =>
        (await store.page(filter, { ...BY_NAME, ...request })).items.map(({ name }) => name);
      expect(await namesOf({})).toEqual(["a", "b", "c", "mcptoken-tok_democi"]);
      expect(await namesOf({}, { subject: JO })).toEqual(["a", "c"]);
      expect(await namesOf({}, { subject: { kind: "Group", name: "jo" } })).toEqual([]);
      expect(await namesOf({}, { subject: token })).toEqual(["mcptoken-tok_democi"]);
      expect(await namesOf({ names: new Set(["b", "c"]) }, { subject: JO })).toEqual(["c"]);
      expect(await namesOf({}, { name: "b" })).toEqual(["b"]);
      const first = await store.page({}, { ...BY_NAME, limit: 2 });
      expect(first.items[0]).toMatchObject({ name: "a", subjects: [JO, DEV] });
      expect(first.nextCursor).not.toBeNull();
      expect(await namesOf({ limit: 2, after: { value: "b", id: "rbac_b" } })).toEqual(["c", "mcptoken-tok_democi"]);
    }));
}
