import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import type { WithDatabase } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { systemActor } from "../access/system-actor.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { seedDefinition, seedGroup, seedProject, seedSession, seedToken } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "./user.fixture.ts";
import type { UserStore } from "./user-store.ts";

const LATER = new Date("2026-05-06T07:08:09.000Z");
const EVENT = resourceEvent(systemActor(), LATER, { action: "user.test", resource: "users", resourceName: "jo" });
const ADMIN = aUser("admin", { roles: ["admin"] });
const BY_NAME = { limit: 10, after: undefined, sort: { field: "username", descending: false }, names: undefined } as const;

interface Bench {
  readonly store: UserStore;
  readonly db: Kysely<Schema>;
  readonly changes: readonly Change[];
}

/** What every adapter of `UserStore` does. */
export function userStoreContract(
  name: string,
  withDatabase: WithDatabase,
  makeStore: (db: Kysely<Schema>, changes: ChangeLog) => UserStore,
): void {
  const withStore = (run: (bench: Bench) => Promise<void>) =>
    withDatabase((db) => {
      const log = plainChangeLog(db);
      return run({ store: makeStore(db, log), db, changes: log.changes });
    });

  test(`${name}: a user comes back as it was saved, by id, user name and email`, () =>
    withStore(async ({ store, changes }) => {
      const jo = aUser("jo", { email: "jo@example.org", roles: ["view", "run"], passwordHash: "$argon2id$x", disabled: true });
      await store.insert(jo, EVENT);
      await store.insert(ADMIN, EVENT);
      expect(await store.byId(jo.id)).toEqual(jo);
      expect(await store.byUsername("jo")).toEqual(jo);
      expect(await store.byEmail("jo@example.org")).toEqual(jo);
      expect(await store.byUsername("admin")).toEqual(ADMIN);
      expect([await store.byId("usr_none"), await store.byUsername("none"), await store.byEmail("none@example.org")]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(changes[0]).toEqual({ event: EVENT, touched: [{ kind: "users", ref: jo.id }] });
    }));

  test(`${name}: a user name and an email are taken once, and it is said which`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(aUser("jo", { email: "jo@example.org" }), EVENT);
      const insert = (traits: object) => store.insert(aUser("jo2", traits), EVENT);
      await expect(insert({ username: "jo" })).rejects.toMatchObject({ code: "conflict", reason: "USERNAME_TAKEN" });
      await expect(insert({ email: "jo@example.org" })).rejects.toMatchObject({ code: "conflict", reason: "USER_EMAIL_TAKEN" });
      await insert({});
      const takeEmail = store.change("usr_jo2", () => ({ email: "jo@example.org", event: EVENT }));
      await expect(takeEmail).rejects.toMatchObject({ code: "conflict", reason: "USER_EMAIL_TAKEN" });
      expect(changes).toHaveLength(2);
    }));

  test(`${name}: of two users of one name at the same moment one is made and the other refused`, () =>
    withStore(async ({ store }) => {
      const [one, two] = [aUser("jo", { id: "usr_1" }), aUser("jo", { id: "usr_2" })];
      const results = await Promise.allSettled([store.insert(one, EVENT), store.insert(two, EVENT)]);
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const refused = results.find((result) => result.status === "rejected");
      expect(refused?.reason).toMatchObject({ code: "conflict", reason: "USERNAME_TAKEN" });
      expect((await store.page({}, BY_NAME)).items).toHaveLength(1);
    }));

  test(`${name}: a change counts a version and leaves alone what it does not name`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN, aUser("jo", { email: "jo@example.org" }));
      const changed = await store.change("usr_jo", (current) => {
        expect(current).toEqual(aUser("jo", { email: "jo@example.org" }));
        return { email: null, roles: ["view"], event: EVENT };
      });
      expect(changed).toEqual(aUser("jo", { roles: ["view"], version: 2, updatedAt: LATER }));
      expect(await store.byId("usr_jo")).toEqual(changed);
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "users", ref: "usr_jo" }] }]);
    }));

  test(`${name}: a plan that changes nothing, or throws, leaves no trace`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN);
      expect(await store.change(ADMIN.id, () => undefined)).toEqual(ADMIN);
      const fail = () => {
        throw new Error("no");
      };
      await expect(store.change(ADMIN.id, fail)).rejects.toThrow("no");
      await expect(store.delete(ADMIN.id, fail)).rejects.toThrow("no");
      expect(await store.byId(ADMIN.id)).toEqual(ADMIN);
      expect(changes).toEqual([]);
    }));

  test(`${name}: a new password and disabling end the user's sessions and nobody else's`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN, aUser("jo"), aUser("al"));
      for (const change of [{ passwordHash: "$argon2id$y" }, { disabled: true }]) {
        await seedSession(db, "ses_1", "usr_jo");
        await seedSession(db, "ses_2", "usr_al");
        await store.change("usr_jo", () => ({ ...change, event: EVENT }));
        expect(changes.at(-1)?.touched).toEqual([
          { kind: "users", ref: "usr_jo" },
          { kind: "sessions", ref: "ses_1" },
        ]);
        expect(await db.selectFrom("sessions").select("id").execute()).toEqual([{ id: "ses_2" }]);
        await db.deleteFrom("sessions").execute();
      }
      await seedSession(db, "ses_1", "usr_jo");
      await store.change("usr_jo", () => ({ disabled: false, roles: ["run"], event: EVENT }));
      expect(await db.selectFrom("sessions").select("id").execute()).toEqual([{ id: "ses_1" }]);
    }));

  test(`${name}: setting a password ends every session but the one that is kept`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN);
      for (const id of ["ses_1", "ses_2", "ses_3"]) await seedSession(db, id, ADMIN.id);
      await store.setPasswordHash(ADMIN.id, "$argon2id$z", EVENT, "ses_2");
      expect(await store.byId(ADMIN.id)).toEqual({ ...ADMIN, passwordHash: "$argon2id$z", version: 2, updatedAt: LATER });
      expect(await db.selectFrom("sessions").select("id").execute()).toEqual([{ id: "ses_2" }]);
      expect(changes[0]?.touched.map(({ ref }) => ref).sort()).toEqual(["ses_1", "ses_3", ADMIN.id]);
      await expect(store.setPasswordHash("usr_none", "x", EVENT)).rejects.toMatchObject({ code: "not_found", reason: "USER_UNKNOWN" });
    }));

  test(`${name}: the last enabled administrator is not deleted, disabled or stripped of the role`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN, aUser("off", { roles: ["admin"], disabled: true }), aUser("jo", { roles: ["edit"] }));
      expect(await store.countEnabledAdmins()).toBe(1);
      const lastAdmin = { code: "conflict", reason: "LAST_ADMIN" };
      await expect(store.change(ADMIN.id, () => ({ disabled: true, event: EVENT }))).rejects.toMatchObject(lastAdmin);
      await expect(store.change(ADMIN.id, () => ({ roles: ["edit"], event: EVENT }))).rejects.toMatchObject(lastAdmin);
      await expect(store.delete(ADMIN.id, () => EVENT)).rejects.toMatchObject(lastAdmin);
      expect(await store.byId(ADMIN.id)).toEqual(ADMIN);
      expect(changes).toEqual([]);
      await store.change("usr_off", () => ({ disabled: false, event: EVENT }));
      await store.delete(ADMIN.id, () => EVENT);
      expect(await store.countEnabledAdmins()).toBe(1);
    }));

  test(`${name}: two administrators who delete or disable each other at once leave one`, () =>
    withStore(async ({ store, db }) => {
      for (const deed of [
        (id: string) => store.delete(id, () => EVENT),
        (id: string) => store.change(id, () => ({ disabled: true, event: EVENT })),
      ]) {
        await db.deleteFrom("users").execute();
        await seedUsers(db, ADMIN, aUser("boss", { roles: ["admin"] }));
        const results = await Promise.allSettled([deed(ADMIN.id), deed("usr_boss")]);
        expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
        const refused = results.find((result) => result.status === "rejected");
        expect(refused?.reason).toMatchObject({ code: "conflict", reason: "LAST_ADMIN" });
        expect(await store.countEnabledAdmins()).toBe(1);
      }
    }));

  test(`${name}: who owns projects is not deleted`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN, aUser("jo"));
      await seedProject(db, "demo", "usr_jo");
      await expect(store.delete("usr_jo", () => EVENT)).rejects.toMatchObject({
        code: "conflict",
        reason: "USER_OWNS_PROJECTS",
        message: "The user owns projects: demo",
      });
      expect(await store.byId("usr_jo")).toBeDefined();
      expect(changes).toEqual([]);
    }));

  test(`${name}: a deleted user leaves no session, token, membership or subject behind`, () =>
    withStore(async ({ store, db, changes }) => {
      await seedUsers(db, ADMIN, aUser("jo", { email: "jo@example.org" }), aUser("al"));
      await seedProject(db, "demo", ADMIN.id);
      await seedSession(db, "ses_1", "usr_jo");
      const token = await seedToken(db, { name: "ci", project: "demo", ownerId: "usr_jo" });
      await seedToken(db, { name: "other", project: "demo", ownerId: ADMIN.id });
      await seedGroup(db, "dev", ["usr_jo", "usr_al"]);
      const user = (name: string): Subject => ({ kind: "User", name });
      const [jo, al, byEmail] = [user("jo"), user("al"), user("jo@example.org")];
      await seedDefinition(db, "shared", [jo, al], []);
      await seedDefinition(db, "alone", [jo, byEmail, { kind: "McpToken", name: token.sha }], []);
      await seedDefinition(db, "untouched", [al, { kind: "Group", name: "jo" }], []);

      await store.delete("usr_jo", () => EVENT);

      expect(await store.byId("usr_jo")).toBeUndefined();
      expect(await db.selectFrom("sessions").selectAll().execute()).toEqual([]);
      expect(await db.selectFrom("mcp_tokens").select("name").execute()).toEqual([{ name: "other" }]);
      expect(await db.selectFrom("user_group_members").select("user_id").execute()).toEqual([{ user_id: "usr_al" }]);
      const definitions = await db.selectFrom("rbac_definitions").select(["name", "version"]).orderBy("name").execute();
      expect(definitions).toEqual([
        { name: "mcptoken-tok_demoother", version: 1 },
        { name: "shared", version: 2 },
        { name: "untouched", version: 1 },
      ]);
      expect(await db.selectFrom("user_groups").select("version").execute()).toEqual([{ version: 2 }]);
      const [change] = changes;
      expect(change?.event.detail).toEqual({ tokensRevoked: ["demo/ci"], definitionsDeleted: ["alone"] });
      expect(new Set(change?.touched.map(({ kind, ref }) => `${kind} ${ref}`))).toEqual(
        new Set(["users usr_jo", "sessions ses_1", "groups grp_dev", `mcptokens ${token.sha}`, "rbac rbac_shared", "rbac rbac_alone"]),
      );
    }));

  test(`${name}: what is not there cannot be changed or deleted`, () =>
    withStore(async ({ store }) => {
      const unknown = { code: "not_found", reason: "USER_UNKNOWN" };
      await expect(store.change("usr_none", () => ({ event: EVENT }))).rejects.toMatchObject(unknown);
      await expect(store.delete("usr_none", () => EVENT)).rejects.toMatchObject(unknown);
    }));

  test(`${name}: of administrators the one made first counts, and no other user`, () =>
    withStore(async ({ store, db }) => {
      expect(await store.firstAdmin()).toBeUndefined();
      await seedUsers(
        db,
        aUser("later", { roles: ["admin"], createdAt: new Date("2026-03-01T00:00:00Z") }),
        aUser("plain", { roles: ["edit"], createdAt: new Date("2025-01-01T00:00:00Z") }),
        ADMIN,
      );
      expect(await store.firstAdmin()).toEqual(ADMIN);
    }));

  test(`${name}: pages hold what may be seen, in order, and users who come or go meanwhile move nothing`, () =>
    withStore(async ({ store, db }) => {
      for (const name of ["a", "b", "c", "d", "e"]) await seedUsers(db, aUser(name));
      const names = new Set(["a", "c", "d", "e"]);
      const first = await store.page({}, { ...BY_NAME, limit: 2, names });
      expect(first.items.map(({ username }) => username)).toEqual(["a", "c"]);
      expect(first.nextCursor).not.toBeNull();
      await db.deleteFrom("users").where("username", "=", "a").execute();
      const rest = await store.page({}, { ...BY_NAME, limit: 2, names, after: { value: "c", id: "usr_c" } });
      expect(rest).toMatchObject({ items: [{ username: "d" }, { username: "e" }], nextCursor: null });
      const newest = await store.page({}, { ...BY_NAME, sort: { field: "createdAt", descending: true } });
      expect(newest.items.map(({ username }) => username)).toEqual(["e", "d", "c", "b"]);
      expect((await store.page({ username: "d" }, BY_NAME)).items.map(({ username }) => username)).toEqual(["d"]);
      expect((await store.page({}, { ...BY_NAME, names: new Set() })).items).toEqual([]);
    }));
}
