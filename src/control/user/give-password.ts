import { randomBytes } from "node:crypto";
import type { AuditDraft } from "../../api/audit-event.ts";
import { toBase62 } from "../../core/base62.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export interface GivePasswordDeps {
  readonly users: UserStore;
  /** argon2id of a password, in PHC form. */
  readonly hashPassword: (password: string) => Promise<string>;
  readonly clock: Clock;
}

/**
 * Gives a user a random password of 128 bits and returns it: it is in the answer and nowhere else. `actor`: the
 * installation itself.
 *
 * Apart from creating the user, so that it can be the last thing before it is shown: a process that ends
 * in between leaves an account that the next start can still give a password.
 */
export async function givePassword(deps: GivePasswordDeps, actor: Actor, user: User): Promise<string> {
  const password = newPassword();
  await deps.users.setPasswordHash(user.id, await deps.hashPassword(password), passwordGiven(deps, actor, user));
  return password;
}

/** The same, but only where no password opens the account yet: of two who do it at once, one gets undefined. */
export async function giveFirstPassword(deps: GivePasswordDeps, actor: Actor, user: User): Promise<string | undefined> {
  const password = newPassword();
  const passwordHash = await deps.hashPassword(password);
  let given = false;
  await deps.users.change(user.id, (current) => {
    given = current.passwordHash === undefined;
    return given ? { passwordHash, event: passwordGiven(deps, actor, user) } : undefined;
  });
  return given ? password : undefined;
}

function newPassword(): string {
  return toBase62(randomBytes(16), 22);
}

function passwordGiven({ clock }: GivePasswordDeps, actor: Actor, { username }: User): AuditDraft {
  const what = { action: "user.update", resource: "users", resourceName: username, detail: { changed: ["password"] } };
  return resourceEvent(actor, clock.now(), what);
}
