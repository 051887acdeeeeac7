import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { holdsEverything } from "../access/holds-everything.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findProject, requireServersVisible } from "./find-project.ts";
import { type ProjectDetails, requireServerList } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

export interface UpdateProjectDeps {
  readonly projects: ProjectStore;
  readonly clock: Clock;
}

export interface ProjectPatch {
  readonly description?: string | undefined;
  /** Handles of all its servers, in order. */
  readonly servers?: readonly string[] | undefined;
  /** The new owner's user name. */
  readonly owner?: string | undefined;
}

/**
 * Changes a project; a patch that changes nothing leaves no trace.
 *
 * Throws `denied`, `precondition`/`VERSION_STALE`, `not_found`/`PROJECT_UNKNOWN`, `SERVER_UNKNOWN` or `USER_UNKNOWN`, `invalid`.
 */
export async function updateProject(
  deps: UpdateProjectDeps,
  actor: Actor,
  reference: string,
  patch: ProjectPatch,
  ifMatch?: number,
): Promise<ProjectDetails> {
  if (patch.servers !== undefined) requireServerList(patch.servers);
  const { id, name } = await findProject(deps.projects, actor, "edit", reference);
  return deps.projects.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const changed = changesOf(current, patch);
    if (changed.owner !== undefined) requireHandover(actor, current);
    if (changed.servers !== undefined) requireServersVisible(actor, differing(current.servers, changed.servers));
    if (Object.keys(changed).length === 0) return undefined;
    const what = { action: "project.update", resource: "projects", resourceName: name, project: name } as const;
    return { ...changed, event: resourceEvent(actor, deps.clock.now(), { ...what, detail: { changed } }) };
  });
}

function changesOf(current: ProjectDetails, { description, servers, owner }: ProjectPatch): ProjectPatch {
  const sameServers =
    servers === undefined || (servers.length === current.servers.length && servers.every((each, i) => each === current.servers[i]));
  return {
    ...(description === undefined || description === current.description ? {} : { description }),
    ...(sameServers ? {} : { servers }),
    ...(owner === undefined || owner === current.owner ? {} : { owner }),
  };
}

/** The handles that only one of them has. */
function differing(before: readonly string[], after: readonly string[]): string[] {
  return [...new Set(before).symmetricDifference(new Set(after))];
}

/** Throws `denied`/`PROJECT_OWNER_FIXED` unless the caller owns the project, or may do everything. */
function requireHandover({ caller }: Actor, { ownerId, name }: ProjectDetails): void {
  if (caller.principal.kind === "user" && caller.principal.id === ownerId) return;
  if (holdsEverything(caller)) return;
  throw new AppError("denied", "PROJECT_OWNER_FIXED", `Only the owner of the project ${name}, or an administrator, hands it over`);
}
