import { AppError } from "../../core/app-error.ts";
import { mayShow } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findNode } from "./find-node.ts";
import type { NodeStore } from "./node-store.ts";

/**
 * Forgets a node that no server is on; what runs there is not touched.
 *
 * Throws `denied`, `conflict`/`NODE_IN_USE`, `precondition`/`VERSION_STALE`, `not_found`/`NODE_UNKNOWN`.
 */
export async function deleteNode(
  deps: { readonly nodes: NodeStore; readonly clock: Clock },
  actor: Actor,
  reference: string,
  ifMatch?: number,
): Promise<void> {
  const { id, name } = await findNode(deps.nodes, actor, "delete", reference);
  await deps.nodes.delete(id, (current, servers) => {
    requireVersion(current.version, ifMatch);
    if (servers.length > 0) throw inUse(actor, name, servers);
    return resourceEvent(actor, deps.clock.now(), { action: "node.delete", resource: "nodes", resourceName: name });
  });
}

/** Names the servers that the caller may know of. */
function inUse({ caller }: Actor, name: string, servers: readonly string[]): AppError {
  const known = servers.filter(mayShow(caller, "servers")).slice(0, 10);
  const others = servers.length - known.length;
  const named = [...known, ...(others === 0 ? [] : [`${others} more`])].join(", ");
  return new AppError("conflict", "NODE_IN_USE", `Servers are on the node ${name}: ${named}`, {
    hint: "delete them first, or give them another backing",
  });
}
