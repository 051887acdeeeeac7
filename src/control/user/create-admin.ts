import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export interface CreateAdminDeps {
  readonly users: UserStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Creates the administrator, whom no password opens until `givePassword` has shown one. */
export async function createAdmin(deps: CreateAdminDeps, username: string): Promise<User> {
  const user: User = { id: deps.ids.next("usr"), username, passwordHash: undefined, admin: true, createdAt: deps.clock.now() };
  await deps.users.insert(user);
  return user;
}
