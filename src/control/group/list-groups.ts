import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { Group } from "./group.ts";
import type { GroupFilter, GroupStore } from "./group-store.ts";

/** The groups that `actor` may view. Throws `denied` where that can be none. */
export async function listGroups(
  groups: Pick<GroupStore, "page">,
  actor: Actor,
  filter: GroupFilter,
  request: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<Group>> {
  const names = viewableNames(actor.caller, "groups");
  if (!(couldBeName(filter.name) && couldBeName(filter.member))) return { items: [], nextCursor: null };
  return groups.page(filter, { ...request, names });
}
