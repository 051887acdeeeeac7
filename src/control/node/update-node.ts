import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findNode } from "./find-node.ts";
import { fingerprintOf, type Node } from "./node.ts";
import type { NodeStore } from "./node-store.ts";

export interface NodePatch {
  readonly description?: string | undefined;
  readonly address?: string | undefined;
  readonly certificate?: string | null | undefined;
}

/** Throws `denied`, `invalid`/`NODE_CERTIFICATE_INVALID`, `precondition`/`VERSION_STALE`, `not_found`/`NODE_UNKNOWN`. */
export async function updateNode(
  deps: { readonly nodes: NodeStore; readonly clock: Clock },
  actor: Actor,
  reference: string,
  patch: NodePatch,
  ifMatch?: number,
): Promise<Node> {
  if (typeof patch.certificate === "string") fingerprintOf(patch.certificate);
  const { id, name } = await findNode(deps.nodes, actor, "edit", reference);
  return deps.nodes.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const change = differing(current, patch);
    const changed = Object.keys(change);
    if (changed.length === 0) return undefined;
    const what = { action: "node.update", resource: "nodes", resourceName: name, detail: { changed } };
    return { ...change, event: resourceEvent(actor, deps.clock.now(), what) };
  });
}

function differing(current: Node, { description, address, certificate }: NodePatch): NodePatch {
  return {
    ...(description === undefined || description === current.description ? {} : { description }),
    ...(address === undefined || address === current.address ? {} : { address }),
    ...(certificate === undefined || certificate === (current.certificate ?? null) ? {} : { certificate }),
  };
}
