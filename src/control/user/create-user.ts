import type { z } from "zod";
import type { userCreateSchema } from "../../api/resources/user.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import { requireCovers } from "../access/require-covers.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { User } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export interface UserDeps {
  readonly users: UserStore;
  readonly bindings: BindingsSource;
  /** argon2id of a password, in PHC form. */
  readonly hashPassword: (password: string) => Promise<string>;
  readonly clock: Clock;
  readonly ids: Ids;
}

export type UserDraft = z.infer<typeof userCreateSchema>;

/**
 * Creates a user. The caller holds all that the user will: their roles, and what definitions already give to their
 * email or name.
 *
 * Throws `denied`, `conflict`/`USERNAME_TAKEN` or `USER_EMAIL_TAKEN`.
 */
export async function createUser(deps: UserDeps, actor: Actor, draft: UserDraft): Promise<User> {
  const { username, disabled } = draft;
  requireAccess(actor.caller, { verb: "create", resource: "users", name: username });
  const now = deps.clock.now();
  const user = {
    id: deps.ids.next("usr"),
    username,
    email: draft.email ?? undefined,
    roles: [...new Set(draft.roles)],
    disabled,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const held = (await deps.bindings.ofUser(user)).map(({ binding }) => binding);
  requireCovers(actor.caller, held, `create ${username} with these rights`);
  const passwordHash = draft.password === undefined ? undefined : await deps.hashPassword(draft.password);
  const detail = {
    email: user.email ?? null,
    roles: user.roles,
    disabled,
    ...(passwordHash === undefined ? {} : { changed: ["password"] }),
  };
  const created: User = { ...user, passwordHash };
  await deps.users.insert(created, resourceEvent(actor, now, { action: "user.create", resource: "users", resourceName: username, detail }));
  return created;
}
