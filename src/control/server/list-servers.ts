import type { Page } from "../../api/fields.ts";
import { mayShow, requireAccess } from "../../core/caller.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import { findProject } from "../project/find-project.ts";
import type { ProjectStore } from "../project/project-store.ts";
import type { ServerDetails } from "./server.ts";
import type { ServerFilter, ServerStore } from "./server-store.ts";

/** The servers that `actor` may view; of a project, if they may view that too. Throws `denied` where that can be none. */
export async function listServers(
  servers: ServerStore,
  actor: Actor,
  filter: ServerFilter,
  request: Omit<PageRequest<"handle" | "createdAt">, "names">,
): Promise<Page<ServerDetails>> {
  const names = viewableNames(actor.caller, "servers");
  if (![filter.handle, filter.project].every(couldBeName)) return { items: [], nextCursor: null };
  if (filter.project !== undefined) requireAccess(actor.caller, { verb: "view", resource: "projects", name: filter.project });
  return servers.page(filter, { ...request, names });
}

/** The servers of a project in its order, of them those that `actor` may view. */
export async function listProjectServers(
  deps: { readonly projects: ProjectStore; readonly servers: ServerStore },
  actor: Actor,
  project: string,
): Promise<ServerDetails[]> {
  const { id } = await findProject(deps.projects, actor, "view", project);
  const isVisible = mayShow(actor.caller, "servers");
  const found = await deps.servers.ofProject(id);
  return found.filter(({ handle }) => isVisible(handle));
}
