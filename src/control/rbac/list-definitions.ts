import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { RbacDefinition } from "./rbac-definition.ts";
import type { RbacFilter, RbacStore } from "./rbac-store.ts";

/** The definitions that `actor` may view. Throws `denied` where that can be none. */
export async function listDefinitions(
  definitions: Pick<RbacStore, "page">,
  actor: Actor,
  filter: RbacFilter,
  request: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<RbacDefinition>> {
  const names = viewableNames(actor.caller, "rbac");
  if (!couldBeName(filter.name)) return { items: [], nextCursor: null };
  return definitions.page(filter, { ...request, names });
}
