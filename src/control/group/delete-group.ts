import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { GroupDeps } from "./create-group.ts";
import { findGroup } from "./find-group.ts";

/**
 * Deletes a group and takes it out of every role-binding definition. Its members stay.
 *
 * Throws `denied`, `not_found`/`GROUP_UNKNOWN`, `precondition`/`VERSION_STALE`.
 */
export async function deleteGroup(
  deps: Pick<GroupDeps, "groups" | "clock">,
  actor: Actor,
  reference: string,
  ifMatch?: number,
): Promise<void> {
  const { id, name } = await findGroup(deps.groups, actor, "delete", reference);
  await deps.groups.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    return resourceEvent(actor, deps.clock.now(), { action: "group.delete", resource: "groups", resourceName: name });
  });
}
