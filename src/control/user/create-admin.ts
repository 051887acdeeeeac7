import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export interface CreateAdminDeps {
  readonly users: UserStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Creates the administrator, whom no password opens until `givePassword` has shown one. `actor`: the installation itself. */
export async function createAdmin(deps: CreateAdminDeps, actor: Actor, username: string): Promise<User> {
  const now = deps.clock.now();
  const user: User = {
    id: deps.ids.next("usr"),
    username,
    email: undefined,
    passwordHash: undefined,
    roles: ["admin"],
    disabled: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const detail = { roles: user.roles };
  await deps.users.insert(user, resourceEvent(actor, now, { action: "user.create", resource: "users", resourceName: username, detail }));
  return user;
}
