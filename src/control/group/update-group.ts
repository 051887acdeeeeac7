import type { z } from "zod";
import type { groupPatchSchema } from "../../api/resources/group.ts";
import type { Actor } from "../access/actor.ts";
import { requireCovers } from "../access/require-covers.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { GroupDeps } from "./create-group.ts";
import { findGroup } from "./find-group.ts";
import { type Group, sortedMembers } from "./group.ts";

export type GroupPatch = z.infer<typeof groupPatchSchema>;

/**
 * Changes a group; a patch that changes nothing leaves no trace. Whoever changes its members holds all that the group
 * gives.
 *
 * Throws `denied`, `not_found`/`GROUP_UNKNOWN` or `USER_UNKNOWN`, `precondition`/`VERSION_STALE`.
 */
export async function updateGroup(
  deps: Pick<GroupDeps, "groups" | "bindings" | "clock">,
  actor: Actor,
  reference: string,
  patch: GroupPatch,
  ifMatch?: number,
): Promise<Group> {
  const { id, name } = await findGroup(deps.groups, actor, "edit", reference);
  const given = patch.members === undefined ? [] : await deps.bindings.ofGroups([name]);
  return deps.groups.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const changed = changesOf(current, patch);
    if (Object.keys(changed).length === 0) return undefined;
    if (changed.members !== undefined) {
      const bindings = given.map(({ binding }) => binding);
      requireCovers(actor.caller, bindings, `change the members of ${name}, who get these rights`);
    }
    const what = { action: "group.update", resource: "groups", resourceName: name, detail: { changed } };
    return { ...changed, event: resourceEvent(actor, deps.clock.now(), what) };
  });
}

function changesOf(current: Group, { description, members }: GroupPatch): Pick<GroupPatch, "description" | "members"> {
  const wanted = members === undefined ? undefined : [...sortedMembers(members)];
  const sameMembers = wanted === undefined || new Set(wanted).symmetricDifference(new Set(current.members)).size === 0;
  return {
    ...(description === undefined || description === current.description ? {} : { description }),
    ...(sameMembers ? {} : { members: wanted }),
  };
}
