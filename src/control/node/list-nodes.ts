import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { Node } from "./node.ts";
import type { NodePageRequest, NodeStore } from "./node-store.ts";

/** A page of the nodes that `actor` may view. Throws `denied`/`PERMISSION_DENIED` where they may view none at all. */
export async function listNodes(nodes: NodeStore, { caller }: Actor, request: Omit<NodePageRequest, "names">): Promise<Page<Node>> {
  const names = viewableNames(caller, "nodes");
  return couldBeName(request.name) ? nodes.page({ ...request, names }) : { items: [], nextCursor: null };
}
