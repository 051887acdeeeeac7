import { randomBytes } from "node:crypto";
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
  const password = toBase62(randomBytes(16), 22);
  const what = { action: "user.update", resource: "users", resourceName: user.username, detail: { changed: ["password"] } };
  await deps.users.setPasswordHash(user.id, await deps.hashPassword(password), resourceEvent(actor, deps.clock.now(), what));
  return password;
}
