import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findServer } from "../server/find-server.ts";
import type { ServerStore } from "../server/server-store.ts";
import { findProject } from "./find-project.ts";
import { type ProjectDetails, requireServerList } from "./project.ts";
import type { UpdateProjectDeps } from "./update-project.ts";

export interface AttachServerDeps extends UpdateProjectDeps {
  readonly servers: ServerStore;
}

interface Link {
  readonly project: string;
  readonly server: string;
}

/** Makes a server the last one of a project; one that is there already stays where it is, and nothing is recorded. */
export function attachServer(deps: AttachServerDeps, actor: Actor, link: Link, ifMatch?: number): Promise<ProjectDetails> {
  return relink(deps, actor, link, ifMatch, "project.attach", (servers, handle) =>
    servers.includes(handle) ? servers : [...servers, handle],
  );
}

/** Takes a server out of a project; where it is not in it, nothing is recorded. */
export function detachServer(deps: AttachServerDeps, actor: Actor, link: Link, ifMatch?: number): Promise<ProjectDetails> {
  return relink(deps, actor, link, ifMatch, "project.detach", (servers, handle) =>
    servers.includes(handle) ? servers.filter((each) => each !== handle) : servers,
  );
}

async function relink(
  deps: AttachServerDeps,
  actor: Actor,
  link: Link,
  ifMatch: number | undefined,
  action: string,
  next: (servers: readonly string[], handle: string) => readonly string[],
): Promise<ProjectDetails> {
  const { id, name } = await findProject(deps.projects, actor, "edit", link.project);
  const { handle } = await findServer(deps.servers, actor, "view", link.server);
  return deps.projects.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const servers = next(current.servers, handle);
    if (servers === current.servers) return undefined;
    requireServerList(servers);
    const what = { action, resource: "projects", resourceName: name, project: name, server: handle };
    return { servers, event: resourceEvent(actor, deps.clock.now(), what) };
  });
}
