import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findProject } from "./find-project.ts";
import type { UpdateProjectDeps } from "./update-project.ts";

/**
 * Deletes a project with its tokens and their definitions, and its prompts. Its servers stay.
 *
 * Throws `denied`, `precondition`/`VERSION_STALE`, `not_found`/`PROJECT_UNKNOWN`.
 */
export async function deleteProject(deps: UpdateProjectDeps, actor: Actor, reference: string, ifMatch?: number): Promise<void> {
  const { id, name } = await findProject(deps.projects, actor, "delete", reference);
  await deps.projects.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    const what = { action: "project.delete", resource: "projects", resourceName: name, project: name };
    return resourceEvent(actor, deps.clock.now(), what);
  });
}
