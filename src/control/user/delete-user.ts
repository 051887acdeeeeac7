import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { UserDeps } from "./create-user.ts";
import { findUser } from "./find-user.ts";

/**
 * Deletes a user with sessions, tokens and memberships, and takes them out of every role-binding definition.
 *
 * Throws `denied`, `not_found`/`USER_UNKNOWN`, `precondition`/`VERSION_STALE`, `conflict`/`USER_OWNS_PROJECTS` or `LAST_ADMIN`.
 */
export async function deleteUser(
  deps: Pick<UserDeps, "users" | "clock">,
  actor: Actor,
  reference: string,
  ifMatch?: number,
): Promise<void> {
  const { id, username } = await findUser(deps.users, actor, "delete", reference);
  await deps.users.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    return resourceEvent(actor, deps.clock.now(), { action: "user.delete", resource: "users", resourceName: username });
  });
}
