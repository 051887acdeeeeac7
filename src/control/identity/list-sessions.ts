import { usernameSchema } from "../../api/fields.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { userUnknown } from "../user/user.ts";
import type { Account } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import { isLive, type Session, type SessionLimits } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

export interface ListSessionsDeps {
  readonly sessions: SessionStore;
  readonly accounts: AccountStore;
  readonly limits: SessionLimits;
  readonly clock: Clock;
}

export interface ListedSession {
  readonly session: Session;
  readonly username: string;
}

/**
 * The live sessions of the user behind the caller, or of the one that is named (user name or id), the newest first. A
 * caller behind whom there is no user, such as the installation itself, has none of its own.
 *
 * Throws `denied`/`PERMISSION_DENIED` without view on that user, `not_found`/`USER_UNKNOWN`.
 */
export async function listSessions(deps: ListSessionsDeps, actor: Actor, user: string | undefined): Promise<readonly ListedSession[]> {
  const account = user === undefined ? await ownAccount(deps.accounts, actor) : await namedAccount(deps.accounts, actor, user);
  if (account === undefined) return [];
  const now = deps.clock.now();
  const sessions = await deps.sessions.ofUser(account.id);
  return sessions.flatMap((session) => (isLive(session, deps.limits, now) ? [{ session, username: account.username }] : []));
}

/** The user behind the caller: who called, or whom its JWT stands for. */
export function userIdOf({ caller: { principal } }: Actor): string | undefined {
  if (principal.kind === "user") return principal.id;
  return principal.kind === "jwt" ? principal.userId : undefined;
}

async function ownAccount(accounts: AccountStore, actor: Actor): Promise<Account | undefined> {
  const id = userIdOf(actor);
  return id === undefined ? undefined : await accounts.byId(id);
}

async function namedAccount(accounts: AccountStore, actor: Actor, user: string): Promise<Account> {
  const byId = /^usr_[0-9A-Za-z]+$/.test(user) ? await accounts.byId(user) : undefined;
  const name = byId?.username ?? user;
  const own = await ownAccount(accounts, actor);
  if (own !== undefined && own.username === name) return own;
  if (byId === undefined && !usernameSchema.safeParse(user).success) throw userUnknown(user);
  requireAccess(actor.caller, { verb: "view", resource: "users", name });
  const account = byId ?? (await accounts.byUsername(user));
  if (account === undefined) throw userUnknown(user);
  return account;
}
