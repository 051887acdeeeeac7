import { type Caller, decideAccess, ownProject } from "../../core/caller.ts";
import { type Refusal, refuse, refuseByBindings } from "../refusal.ts";
import type { McpRoute } from "../route.ts";
import type { ServedProject } from "../serving/served-project.ts";
import type { ServedServer } from "../serving/served-server.ts";
import { type AccessRules, type Place, refusalOf, requireServed } from "./authorize-request.ts";

/** What this gateway serves now. */
export interface Served {
  /** Another number whenever it is another project, server or definition. */
  readonly epoch: number;
  project(name: string): ServedProject | undefined;
  server(handle: string): ServedServer | undefined;
}

/** Where a route leads this caller; nobody hears of what they may not view. */
export function resolvePlace(served: Served, rules: Pick<AccessRules, "allowServers">, route: McpRoute, caller: Caller): Place | Refusal {
  return route.kind === "server" ? serverPlace(served, rules, route, caller) : projectPlace(served, route.project, caller);
}

function projectPlace(served: Served, named: string | undefined, caller: Caller): Place | Refusal {
  const own = ownProject(caller.principal);
  const name = named ?? own;
  if (name === undefined) return refuse("forbidden", "This path takes its project from a token, and this credential has none");
  if (own !== undefined) {
    if (name !== own) return refuse("forbidden", "The token does not belong to this project");
    const project = served.project(name);
    return project === undefined ? unknownProject(name) : { kind: "project", project };
  }
  const project = served.project(name);
  const verdict = decideAccess(caller, { verb: "view", resource: "projects", name }, name);
  if (project !== undefined && (verdict.allowed || project.sightOf(caller).seesServer)) return { kind: "project", project };
  return verdict.allowed ? unknownProject(name) : refuseByBindings(verdict.message);
}

function unknownProject(name: string): Refusal {
  return refuse("not_found", `There is no project ${name.slice(0, 64)}`);
}

/** A token sees the servers of its own project; who is bound to none sees what their rights view, in the path's project where it has one. */
function serverPlace(
  served: Served,
  rules: Pick<AccessRules, "allowServers">,
  route: McpRoute & { kind: "server" },
  caller: Caller,
): Place | Refusal {
  const { server: handle, project: named } = route;
  const own = ownProject(caller.principal);
  if (own !== undefined && named !== undefined && named !== own) return refuse("forbidden", "The token does not belong to this project");
  const name = named ?? own;
  const verdict = requireServed(rules, handle, decideAccess(caller, { verb: "view", resource: "servers", name: handle }, name));
  if (!verdict.allowed && verdict.code === "server_denied") return refusalOf(verdict);
  const server = served.server(handle);
  const project = name === undefined ? undefined : served.project(name);
  const visible = verdict.allowed && (name === undefined || project?.handles.includes(handle) === true);
  if (server === undefined || !visible) return refuse("server_not_found", `There is no server ${handle.slice(0, 64)} here`);
  return { kind: "server", ...server, project };
}
