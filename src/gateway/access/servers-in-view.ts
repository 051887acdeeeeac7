import type { ServerStatus } from "../../api/server-status.ts";
import { type Caller, mayShow } from "../../core/caller.ts";
import type { Served } from "./resolve-place.ts";

/** A server as the list of the manager's routes tells it. */
export type ListedServer = Pick<ServerStatus, "handle" | "enabled" | "state" | "reason" | "tools" | "stale">;

/** The servers that the caller may view, with their state; of a token those of its own project. */
export function serversInView(served: Pick<Served, "project">, caller: Caller, statuses: readonly ServerStatus[]): ListedServer[] {
  const { principal } = caller;
  const own = principal.kind === "token" ? (served.project(principal.project)?.handles ?? []) : undefined;
  const shows = mayShow(caller, "servers");
  return statuses
    .filter(({ handle }) => shows(handle) && (own === undefined || own.includes(handle)))
    .map(({ handle, enabled, state, reason, tools, stale }) => {
      return { handle, enabled, state, ...(reason === undefined ? {} : { reason }), tools, stale };
    });
}
