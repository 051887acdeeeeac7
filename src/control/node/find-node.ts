import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type Node, nodeUnknown } from "./node.ts";
import type { NodeStore } from "./node-store.ts";

/** The node of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`NODE_UNKNOWN`, `denied`. */
export function findNode(nodes: NodeStore, actor: Actor, verb: Role, reference: string): Promise<Node> {
  const { byId, byName } = nodes;
  return findPermitted(
    { resource: "nodes", prefix: "nod", byId, byName, nameOf: ({ name }) => name, unknown: nodeUnknown },
    actor,
    verb,
    reference,
  );
}
