import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { NodeResource } from "../../api/resources/node.ts";
import { type CreateNodeDeps, createNode } from "../node/create-node.ts";
import { deleteNode } from "../node/delete-node.ts";
import { findNode } from "../node/find-node.ts";
import { listNodes } from "../node/list-nodes.ts";
import { fingerprintOf, type Node } from "../node/node.ts";
import { updateNode } from "../node/update-node.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";

export function nodeRoutes(deps: CreateNodeDeps): Route[] {
  const endpoints = ENDPOINTS.nodes;
  return [
    route(endpoints.list, async ({ actor, query }) => {
      const { items, nextCursor } = await listNodes(deps.nodes, actor, { ...listRequest<"name" | "createdAt">(query), name: query.name });
      return { items: items.map(resourceOf), nextCursor };
    }),
    route(endpoints.create, async ({ actor, body }) => {
      const node = await createNode(deps, actor, body);
      return new ReplyWith(resourceOf(node), { location: `/api/v1/nodes/${node.name}` });
    }),
    route(endpoints.get, async ({ actor, params }) => resourceOf(await findNode(deps.nodes, actor, "view", params.id))),
    route(endpoints.update, async ({ actor, params, body, ifMatch }) =>
      resourceOf(await updateNode(deps, actor, params.id, body, ifMatch)),
    ),
    route(endpoints.delete, async ({ actor, params, ifMatch }) => {
      await deleteNode(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}

function resourceOf({ id, name, description, address, certificate, version, createdAt, updatedAt }: Node): NodeResource {
  return {
    id,
    name,
    description,
    address,
    certificate: certificate ?? null,
    fingerprint: certificate === undefined ? null : fingerprintOf(certificate),
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
