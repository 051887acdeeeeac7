import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { fingerprintOf, type Node } from "./node.ts";
import type { NodeStore } from "./node-store.ts";

export interface CreateNodeDeps {
  readonly nodes: NodeStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CreateNodeInput {
  readonly name: string;
  readonly description: string;
  readonly address: string;
  readonly certificate: string | null;
}

/** Makes a machine with an agent known. Throws `denied`, `invalid`/`NODE_CERTIFICATE_INVALID`, `conflict`/`NODE_NAME_TAKEN`. */
export async function createNode(deps: CreateNodeDeps, actor: Actor, input: CreateNodeInput): Promise<Node> {
  const { name, description, address } = input;
  requireAccess(actor.caller, { verb: "create", resource: "nodes", name });
  const fingerprint = input.certificate === null ? undefined : fingerprintOf(input.certificate);
  const at = deps.clock.now();
  const certificate = input.certificate ?? undefined;
  const node: Node = { id: deps.ids.next("nod"), name, description, address, certificate, version: 1, createdAt: at, updatedAt: at };
  const what = { action: "node.create", resource: "nodes", resourceName: name, detail: { address, fingerprint } };
  await deps.nodes.insert(node, resourceEvent(actor, at, what));
  return node;
}
