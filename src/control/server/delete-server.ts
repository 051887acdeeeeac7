import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findServer } from "./find-server.ts";
import type { ServerStore } from "./server-store.ts";

export interface DeleteServerDeps {
  readonly servers: ServerStore;
  readonly clock: Clock;
}

/** Deletes a server, and takes it out of its projects. Throws `denied`, `precondition`/`VERSION_STALE`, `not_found`/`SERVER_UNKNOWN`. */
export async function deleteServer(deps: DeleteServerDeps, actor: Actor, reference: string, ifMatch?: number): Promise<void> {
  const { id, handle } = await findServer(deps.servers, actor, "delete", reference);
  await deps.servers.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    const what = { action: "server.delete", resource: "servers", resourceName: handle, server: handle };
    return resourceEvent(actor, deps.clock.now(), { ...what, detail: { projects: current.projects } });
  });
}
