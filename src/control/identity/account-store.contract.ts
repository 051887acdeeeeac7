import { expect, test } from "bun:test";
import type { Change } from "../change/change-log.ts";
import type { AccountStore } from "./account-store.ts";
import { aSession, at, EVENT, present } from "./identity.fixture.ts";
import { SESSION_LIMITS } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

export interface AccountStoreSubject {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly changes: readonly Change[];
}

/** What every adapter of `AccountStore` does. `withStore` gives the users `ada` (a viewer), `bob`, `eve` (disabled) and `new`, who has neither email nor password. */
export function accountStoreContract(
  name: string,
  withStore: (run: (subject: AccountStoreSubject) => Promise<void>) => Promise<void>,
): void {
  test(`${name}: an account is found by id, user name and email, as it is`, () =>
    withStore(async ({ accounts }) => {
      const ada = {
        id: "usr_ada",
        username: "ada",
        email: "ada@example.com",
        passwordHash: "hash of ada",
        roles: ["view" as const],
        disabled: false,
      };
      expect([await accounts.byId("usr_ada"), await accounts.byUsername("ada"), await accounts.byEmail(ada.email)]).toEqual([
        ada,
        ada,
        ada,
      ]);
      expect(await accounts.byUsername("eve")).toMatchObject({ disabled: true });
      expect(await accounts.byUsername("new")).toMatchObject({ email: undefined, passwordHash: undefined });
    }));

  test(`${name}: what only looks like a name or an email is nobody's`, () =>
    withStore(async ({ accounts }) => {
      for (const username of ["ADA", "ada ", "àda", "ad_", "%", ""]) expect(await accounts.byUsername(username)).toBeUndefined();
      for (const email of ["ADA@example.com", "áda@example.com", "%@example.com", ""])
        expect(await accounts.byEmail(email)).toBeUndefined();
      expect(await accounts.byId("usr_ADA")).toBeUndefined();
    }));

  test(`${name}: a new password ends every other session of the user and none of others`, () =>
    withStore(async ({ accounts, sessions, changes }) => {
      const account = present(await accounts.byUsername("ada"));
      for (const id of ["a", "b", "c"]) await sessions.start({ session: aSession(id), account, limits: SESSION_LIMITS, event: EVENT });
      const bob = present(await accounts.byUsername("bob"));
      const ofBob = aSession("d", { userId: bob.id });
      await sessions.start({ session: ofBob, account: bob, limits: SESSION_LIMITS, event: EVENT });
      const event = { ...EVENT, action: "user.password" };
      await accounts.changePassword({ account, passwordHash: "new hash", keepSession: aSession("b").sha256, at: at(5), event });
      expect((await sessions.ofUser("usr_ada")).map(({ id }) => id)).toEqual(["ses_b"]);
      expect(await sessions.ofUser("usr_bob")).toEqual([ofBob]);
      expect((await accounts.byUsername("ada"))?.passwordHash).toBe("new hash");
      const last = present(changes.at(-1));
      expect(last.event).toEqual(event);
      expect(last.touched.map(({ ref }) => ref).toSorted()).toEqual(["ses_a", "ses_c"]);
    }));

  test(`${name}: of two changes of one password the second is refused and ends nothing`, () =>
    withStore(async ({ accounts, sessions, changes }) => {
      const account = present(await accounts.byUsername("ada"));
      const change = { account, keepSession: undefined, at: at(5), event: EVENT };
      await accounts.changePassword({ ...change, passwordHash: "first" });
      const renewed = present(await accounts.byUsername("ada"));
      await sessions.start({ session: aSession("a"), account: renewed, limits: SESSION_LIMITS, event: EVENT });
      const second = accounts.changePassword({ ...change, passwordHash: "second" });
      await expect(second).rejects.toMatchObject({ code: "conflict", reason: "CHANGED_MEANWHILE" });
      expect((await accounts.byUsername("ada"))?.passwordHash).toBe("first");
      expect(await sessions.ofUser("usr_ada")).toHaveLength(1);
      expect(changes).toHaveLength(2);
    }));
}
