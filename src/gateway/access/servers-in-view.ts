import type { ServerStatus } from "../../api/server-status.ts";
import { type Caller, mayShow, ownProject } from "../../core/caller.ts";
import type { Served } from "./resolve-place.ts";

/** A server as the list of the manager's routes tells it. */
export type ListedServer = Pick<ServerStatus, "handle" | "enabled" | "state" | "reason" | "tools" | "stale">;

/** The servers that the caller may view, with their state; of who is bound to a project those of it. */
export function serversInView(served: Pick<Served, "project">, caller: Caller, statuses: readonly ServerStatus[]): ListedServer[] {
  const project = ownProject(caller.principal);
  const own = project === undefined ? undefined : (served.project(project)?.handles ?? []);
  const shows = mayShow(caller, "servers");
  return statuses
    .filter(({ handle }) => shows(handle) && (own === undefined || own.includes(handle)))
    .map(({ handle, enabled, state, reason, tools, stale }) => {
      return { handle, enabled, state, ...(reason === undefined ? {} : { reason }), tools, stale };
    });
}
