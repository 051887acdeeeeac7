import type { z } from "zod";
import type { groupCreateSchema } from "../../api/resources/group.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { type Group, sortedMembers } from "./group.ts";
import type { GroupStore } from "./group-store.ts";

export interface GroupDeps {
  readonly groups: GroupStore;
  readonly bindings: BindingsSource;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Creates a group. No definition can name it yet, so its members gain nothing by it.
 *
 * Throws `denied`, `conflict`/`GROUP_NAME_TAKEN`, `not_found`/`USER_UNKNOWN`.
 */
export async function createGroup(
  deps: Pick<GroupDeps, "groups" | "clock" | "ids">,
  actor: Actor,
  { name, description, members }: z.infer<typeof groupCreateSchema>,
): Promise<Group> {
  requireAccess(actor.caller, { verb: "create", resource: "groups", name });
  const now = deps.clock.now();
  const traits = { name, description, members: sortedMembers(members) };
  const group: Group = { id: deps.ids.next("grp"), ...traits, version: 1, createdAt: now, updatedAt: now };
  const what = { action: "group.create", resource: "groups", resourceName: name, detail: { members: group.members } };
  await deps.groups.insert(group, resourceEvent(actor, now, what));
  return group;
}
