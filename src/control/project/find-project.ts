import { requireAccess } from "../../core/caller.ts";
import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type ProjectDetails, projectUnknown } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

/** The project of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`PROJECT_UNKNOWN`, `denied`. */
export function findProject(projects: ProjectStore, actor: Actor, verb: Role, reference: string): Promise<ProjectDetails> {
  const { byId, byName } = projects;
  const nameOf = ({ name }: ProjectDetails) => name;
  const finder = { resource: "projects", prefix: "prj", byId, byName, nameOf, projectOf: nameOf, unknown: projectUnknown } as const;
  return findPermitted(finder, actor, verb, reference);
}

/** Servers that come into a project or leave it are the business of those who may see them. */
export function requireServersVisible({ caller }: Actor, handles: readonly string[]): void {
  for (const name of handles) requireAccess(caller, { verb: "view", resource: "servers", name });
}
