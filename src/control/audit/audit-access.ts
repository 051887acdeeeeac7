import { type Caller, requireAccess } from "../../core/caller.ts";
import type { AllowedNames } from "../../core/permission.ts";

/**
 * The projects whose events the caller may see; `all` holds events of no project too.
 *
 * Throws `denied`/`PERMISSION_DENIED` where it may see none, or not those of the project that it asks for.
 */
export function visibleProjects(caller: Caller, project?: string): AllowedNames {
  const projects = caller.rights.allowedNames("view", "audit");
  if (projects === "all") return projects;
  if (projects.size === 0 || project !== undefined) requireAccess(caller, { verb: "view", resource: "audit", name: project });
  return projects;
}

/** Throws `denied`/`PERMISSION_DENIED`: an event of no project takes the right to see all. */
export function requireVisible(caller: Caller, event: { readonly project?: string | undefined }): void {
  requireAccess(caller, { verb: "view", resource: "audit", name: event.project });
}
