import { AppError } from "../../core/app-error.ts";
import { type Principal, requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { requireServersVisible } from "./find-project.ts";
import { type Project, type ProjectDetails, parseProjectName, requireServerList } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

export interface CreateProjectDeps {
  readonly projects: ProjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CreateProjectInput {
  readonly name: string;
  readonly description?: string;
  /** Handles, in the order in which clients see them. */
  readonly servers?: readonly string[];
  /** The user who owns it where the caller is none, such as the installation itself. */
  readonly ownerId?: string;
}

/**
 * Creates a project, owned by the user who calls.
 *
 * Two callers may race for one name: the store's unique index decides, so there is no look-up first.
 * Throws `denied`, `conflict`/`PROJECT_NAME_TAKEN`, `not_found`/`SERVER_UNKNOWN`, `invalid`.
 */
export async function createProject(deps: CreateProjectDeps, actor: Actor, input: CreateProjectInput): Promise<ProjectDetails> {
  const { name, servers = [] } = input;
  requireAccess(actor.caller, { verb: "create", resource: "projects", name });
  requireServersVisible(actor, servers);
  requireServerList(servers);
  const at = deps.clock.now();
  const project: Project = {
    id: deps.ids.next("prj"),
    name: parseProjectName(name),
    description: input.description ?? "",
    ownerId: ownerOf(actor.caller.principal, input.ownerId),
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const what = { action: "project.create", resource: "projects", resourceName: name, project: name } as const;
  return deps.projects.insert(project, servers, resourceEvent(actor, at, { ...what, detail: { servers } }));
}

/** Throws `invalid`/`PROJECT_OWNER_MISSING` where no user stands behind the caller. */
function ownerOf(principal: Principal, given: string | undefined): string {
  if (principal.kind === "user") return principal.id;
  const owner = principal.kind === "token" ? principal.ownerId : principal.kind === "jwt" ? principal.userId : given;
  if (owner !== undefined) return owner;
  throw new AppError("invalid", "PROJECT_OWNER_MISSING", "A project belongs to a user, and this credential is no user's", {
    hint: "create it as a user: 'mcpctl login' first",
  });
}
