import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { type Project, parseProjectName } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

export interface CreateProjectDeps {
  readonly projects: ProjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Creates a project with these servers, in this order.
 *
 * Two callers may race for one name: the store's unique index decides, so there is no look-up first.
 */
export async function createProject(
  deps: CreateProjectDeps,
  input: { readonly name: string; readonly ownerId: string; readonly serverIds: readonly string[] },
): Promise<Project> {
  const project: Project = {
    id: deps.ids.next("prj"),
    name: parseProjectName(input.name),
    ownerId: input.ownerId,
    createdAt: deps.clock.now(),
  };
  await deps.projects.insert(project, input.serverIds);
  return project;
}
