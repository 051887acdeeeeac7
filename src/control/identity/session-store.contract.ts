import { expect, test } from "bun:test";
import type { Change } from "../change/change-log.ts";
import type { AccountStore } from "./account-store.ts";
import { aSession, at, EVENT, HOUR, present } from "./identity.fixture.ts";
import { SESSION_LIMITS, type Session } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

export interface SessionStoreSubject {
  readonly sessions: SessionStore;
  readonly accounts: AccountStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
  readonly disable: (userId: string) => Promise<void>;
}

/** What every adapter of `SessionStore` does. `withStore` gives an empty one, beside the users `usr_ada` and `usr_bob`. */
export function sessionStoreContract(
  name: string,
  withStore: (run: (subject: SessionStoreSubject) => Promise<void>) => Promise<void>,
): void {
  const begin = async ({ sessions, accounts }: SessionStoreSubject, session: Session) => {
    const account = present(await accounts.byId(session.userId));
    return await sessions.start({ session, account, limits: SESSION_LIMITS, event: EVENT });
  };

  test(`${name}: a session comes back as it was saved, with its user, by its hash and by its id`, () =>
    withStore(async (subject) => {
      const session = aSession("a", { userAgent: "curl", client: "browser" });
      expect(await begin(subject, session)).toBe(true);
      const found = { session, account: present(await subject.accounts.byId("usr_ada")) };
      expect(await subject.sessions.bySha(session.sha256)).toEqual(found);
      expect(await subject.sessions.byId("ses_a")).toEqual(found);
      expect(await subject.sessions.bySha("f".repeat(64))).toBeUndefined();
      expect(subject.changes).toEqual([{ event: EVENT, touched: [] }]);
    }));

  test(`${name}: a user has fifty sessions at most; the oldest goes, others' stay`, () =>
    withStore(async (subject) => {
      await begin(subject, aSession("other", { userId: "usr_bob" }));
      for (let number = 0; number < 51; number += 1) await begin(subject, aSession(`x${number}x`, { createdAt: at(number) }));
      const kept = await subject.sessions.ofUser("usr_ada");
      expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([50, "ses_x50x", "ses_x1x"]);
      expect(await subject.sessions.ofUser("usr_bob")).toHaveLength(1);
      expect(subject.changes.at(-1)?.touched).toEqual([{ kind: "sessions", ref: "ses_x0x" }]);
    }));

  test(`${name}: log-ins at one moment count each other`, () =>
    withStore(async (subject) => {
      for (let number = 0; number < 48; number += 1) await begin(subject, aSession(`x${number}x`, { createdAt: at(number) }));
      const together = await Promise.all([1, 2, 3, 4].map((number) => begin(subject, aSession(`y${number}`, { createdAt: at(100) }))));
      expect(together).toEqual([true, true, true, true]);
      const kept = await subject.sessions.ofUser("usr_ada");
      expect([kept.length, kept.filter(({ id }) => id.startsWith("ses_y")).length, kept.at(-1)?.id]).toEqual([50, 4, "ses_x2x"]);
    }));

  test(`${name}: a log-in that the password or the user has left behind leaves nothing`, () =>
    withStore(async (subject) => {
      const account = present(await subject.accounts.byId("usr_ada"));
      const start = { session: aSession("a"), limits: SESSION_LIMITS, event: EVENT };
      expect(await subject.sessions.start({ ...start, account: { ...account, passwordHash: "an earlier one" } })).toBe(false);
      expect(await subject.sessions.start({ ...start, account: { ...account, id: "usr_gone" } })).toBe(false);
      await subject.disable("usr_ada");
      expect(await subject.sessions.start({ ...start, account })).toBe(false);
      expect(await subject.sessions.ofUser("usr_ada")).toEqual([]);
      expect(subject.changes).toEqual([]);
    }));

  test(`${name}: when it was used last only moves forward`, () =>
    withStore(async (subject) => {
      await begin(subject, aSession("a"));
      const lastUsed = async () => (await subject.sessions.byId("ses_a"))?.session.lastUsedAt;
      await subject.sessions.touch("ses_a", at(HOUR));
      await subject.sessions.touch("ses_a", at(1));
      expect(await lastUsed()).toEqual(at(HOUR));
    }));

  test(`${name}: a session ends once, and that is announced`, () =>
    withStore(async (subject) => {
      await begin(subject, aSession("a"));
      await begin(subject, aSession("b"));
      const ended = { ...EVENT, action: "session.end" };
      expect(await subject.sessions.end(aSession("a"), ended)).toBe(true);
      expect(await subject.sessions.end(aSession("a"), ended)).toBe(false);
      expect(await subject.sessions.byId("ses_a")).toBeUndefined();
      expect(await subject.sessions.byId("ses_b")).toBeDefined();
      expect(subject.changes.slice(2)).toEqual([{ event: ended, touched: [{ kind: "sessions", ref: "ses_a" }] }]);
    }));

  test(`${name}: what is past its absolute limit is pruned, and nothing else`, () =>
    withStore(async (subject) => {
      await begin(subject, aSession("a", { expiresAt: at(HOUR) }));
      await begin(subject, aSession("b", { expiresAt: at(2 * HOUR) }));
      await subject.sessions.prune(at(HOUR));
      expect((await subject.sessions.ofUser("usr_ada")).map(({ id }) => id)).toEqual(["ses_b"]);
    }));
}
