import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { GatewayResource } from "../../api/resources/gateway.ts";
import { deleteGateway } from "../enrolled-gateway/delete-gateway.ts";
import { type EnrolGatewayDeps, enrolGateway } from "../enrolled-gateway/enrol-gateway.ts";
import type { EnrolledGateway } from "../enrolled-gateway/enrolled-gateway.ts";
import { findGateway } from "../enrolled-gateway/find-gateway.ts";
import { listGateways } from "../enrolled-gateway/list-gateways.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";

export function gatewayRoutes(deps: EnrolGatewayDeps): Route[] {
  const endpoints = ENDPOINTS.gateways;
  return [
    route(endpoints.list, async ({ actor, query }) => {
      const { items, nextCursor } = await listGateways(deps.gateways, actor, { ...listRequest(query), name: query.name });
      return { items: items.map(resourceOf), nextCursor };
    }),
    route(endpoints.create, async ({ actor, body }) => {
      const { gateway, raw } = await enrolGateway(deps, actor, body);
      return new ReplyWith({ ...resourceOf(gateway), token: raw }, { location: `/api/v1/gateways/${gateway.id}` });
    }),
    route(endpoints.get, async ({ actor, params }) => resourceOf(await findGateway(deps.gateways, actor, "view", params.id))),
    route(endpoints.delete, async ({ actor, params, ifMatch }) => {
      await deleteGateway(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}

function resourceOf(gateway: EnrolledGateway): GatewayResource {
  const { id, name, description, head, version, createdAt, updatedAt, lastSeenAt } = gateway;
  return {
    id,
    name,
    description,
    prefix: head,
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
