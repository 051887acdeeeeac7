import { servers as endpoints } from "../../api/endpoints/resource-endpoints.ts";
import type { Actor } from "../access/actor.ts";
import { type CreateServerDeps, createServer } from "../server/create-server.ts";
import { deleteServer } from "../server/delete-server.ts";
import { findServer } from "../server/find-server.ts";
import { listServers } from "../server/list-servers.ts";
import type { ServerDetails } from "../server/server.ts";
import { updateServer } from "../server/update-server.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";
import { type ServersNow, serverResource } from "./server-resource.ts";

export type ServerRoutesDeps = CreateServerDeps & ServersNow;

export function serverRoutes(deps: ServerRoutesDeps): Route[] {
  const show = (server: ServerDetails, { caller }: Actor) => serverResource(server, caller, deps);
  return [
    route(endpoints.list, async ({ query, actor }) => {
      const enabled = query.enabled === undefined ? undefined : query.enabled === "true";
      const request = listRequest<"handle" | "createdAt">(query);
      const { items, nextCursor } = await listServers(deps.servers, actor, { ...query, enabled }, request);
      return { items: items.map((server) => show(server, actor)), nextCursor };
    }),
    route(endpoints.create, async ({ body, actor }) => {
      const server = await createServer(deps, actor, body);
      return new ReplyWith(show(server, actor), { location: `/api/v1/servers/${server.handle}` });
    }),
    route(endpoints.get, async ({ params, actor }) => show(await findServer(deps.servers, actor, "view", params.id), actor)),
    route(endpoints.update, async ({ params, body, actor, ifMatch }) =>
      show(await updateServer(deps, actor, params.id, body, ifMatch), actor),
    ),
    route(endpoints.delete, async ({ params, actor, ifMatch }) => {
      await deleteServer(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}
