import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { Account } from "./account.ts";
import { addressKey } from "./address-key.ts";
import { type CheckLoginDeps, throttled } from "./check-login.ts";

export interface ChangePasswordDeps extends CheckLoginDeps {
  readonly clock: Clock;
}

export interface ChangePasswordInput {
  readonly current: string;
  readonly next: string;
  /** SHA-256 of the session that stays. */
  readonly keepSession: string | undefined;
}

/**
 * Gives the user who asks another password and ends every other session of theirs. Guesses of the current one are
 * slowed down as log-ins are.
 *
 * Throws `denied`/`PASSWORD_WRONG`, `exhausted`/`LOGIN_THROTTLED`, `conflict`/`CHANGED_MEANWHILE`.
 */
export async function changePassword(deps: ChangePasswordDeps, actor: Actor, input: ChangePasswordInput): Promise<void> {
  const account = await ownAccount(deps, actor);
  await requirePassword(deps, actor, account, input.current);
  const at = deps.clock.now();
  await deps.accounts.changePassword({
    account,
    passwordHash: await deps.passwords.hash(input.next),
    keepSession: input.keepSession,
    at,
    event: resourceEvent(actor, at, { action: "user.password", resource: "users", resourceName: account.username }),
  });
}

async function ownAccount({ accounts }: ChangePasswordDeps, { caller }: Actor): Promise<Account> {
  const account = await accounts.byId(caller.principal.id);
  if (caller.principal.kind === "user" && account !== undefined) return account;
  throw new AppError("denied", "SESSION_REQUIRED", "This takes a session of a user");
}

async function requirePassword(deps: ChangePasswordDeps, actor: Actor, account: Account, password: string): Promise<void> {
  const admission = deps.throttle.admit(account.username, addressKey(actor.address));
  if (!admission.admitted) throw throttled(admission.retryAfterSeconds);
  const matches = await deps.passwords.matches(password, account.passwordHash).catch((thrown: unknown) => {
    admission.withdraw();
    throw thrown;
  });
  if (!matches) throw new AppError("denied", "PASSWORD_WRONG", "The current password is another one");
  admission.succeeded();
}
