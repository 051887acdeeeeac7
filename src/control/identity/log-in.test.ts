import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import type { AccountStore } from "./account-store.ts";
import { START } from "./identity.fixture.ts";
import { logIn } from "./log-in.ts";
import { LoginThrottle } from "./login-throttle.ts";
import { PasswordCheck } from "./password-check.ts";
import { SESSION_LIMITS } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

const ADA = { id: "usr_ada", username: "ada", email: undefined, passwordHash: "ada", roles: [], disabled: false };
const INPUT = { username: "ada", password: "ada", client: "cli", address: "10.0.0.1", userAgent: undefined, traceId: "t" } as const;

const never = () => Promise.reject(new Error("not asked"));

function setup({ byUsername, kept = true }: { readonly byUsername?: AccountStore["byUsername"]; readonly kept?: boolean } = {}) {
  const clock = { now: () => new Date(START) };
  const accounts: AccountStore = { byId: never, byEmail: never, changePassword: never, byUsername: byUsername ?? (async () => ADA) };
  const sessions: SessionStore = {
    start: async () => kept,
    bySha: never,
    byId: never,
    ofUser: never,
    touch: never,
    end: never,
    prune: never,
  };
  const passwords = new PasswordCheck({ hash: async () => "decoy", verify: async (password, hash) => password === hash });
  const ids = { next: (prefix: string) => `${prefix}_1` };
  const deps = { accounts, sessions, passwords, throttle: new LoginThrottle(clock), limits: SESSION_LIMITS, clock, ids };
  return { deps, attempt: () => logIn(deps, INPUT) };
}

test("a user who was disabled or got another password in that moment is refused like any other", async () => {
  const { attempt } = setup({ kept: false });
  expect(await attempt()).toMatchObject({ accepted: false, refusal: { reason: "LOGIN_REFUSED", message: "wrong user name or password" } });
});

test("log-ins that could not be judged are failures of ours and lock nobody out", async () => {
  let down = true;
  const { attempt } = setup({
    byUsername: async () => {
      if (down) throw new AppError("unavailable", "DATABASE_UNREACHABLE", "The database is away");
      return ADA;
    },
  });
  for (let at = 0; at < 30; at += 1) await expect(attempt()).rejects.toMatchObject({ code: "unavailable" });
  down = false;
  expect(await attempt()).toMatchObject({ accepted: true, account: ADA });
});

test("what is no user name is looked up nowhere, and checked all the same", async () => {
  const looked: string[] = [];
  const { deps } = setup({
    byUsername: async (username) => {
      looked.push(username);
      return undefined;
    },
  });
  for (const username of ["ADA", "a\u0000", "ada ", "ad\u00e0", "ada@example.com", "%"]) {
    expect(await logIn(deps, { ...INPUT, username })).toMatchObject({ accepted: false, refusal: { reason: "LOGIN_REFUSED" } });
  }
  expect(looked).toEqual([]);
});
