import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { ProjectDetails } from "./project.ts";
import type { ProjectFilter, ProjectStore } from "./project-store.ts";

/** The projects that `actor` may view. Throws `denied` where that can be none. */
export async function listProjects(
  projects: ProjectStore,
  actor: Actor,
  filter: ProjectFilter,
  request: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<ProjectDetails>> {
  const names = viewableNames(actor.caller, "projects");
  if (![filter.name, filter.owner, filter.server].every(couldBeName)) return { items: [], nextCursor: null };
  return projects.page(filter, { ...request, names });
}
