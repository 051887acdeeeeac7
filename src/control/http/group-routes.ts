import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { createGroup, type GroupDeps } from "../group/create-group.ts";
import { deleteGroup } from "../group/delete-group.ts";
import { findGroup } from "../group/find-group.ts";
import { groupResource } from "../group/group.ts";
import { listGroups } from "../group/list-groups.ts";
import { updateGroup } from "../group/update-group.ts";
import { listRequest } from "./list-request.ts";
import { type Route, route } from "./route.ts";

const { groups } = ENDPOINTS;

export function groupRoutes(deps: GroupDeps): Route[] {
  return [
    route(groups.list, async ({ actor, query: { name, member, ...rest } }) => {
      const page = await listGroups(deps.groups, actor, { name, member }, listRequest(rest));
      return { items: page.items.map(groupResource), nextCursor: page.nextCursor };
    }),
    route(groups.create, async ({ actor, body }) => groupResource(await createGroup(deps, actor, body))),
    route(groups.get, async ({ actor, params }) => groupResource(await findGroup(deps.groups, actor, "view", params.id))),
    route(groups.update, async ({ actor, params, body, ifMatch }) =>
      groupResource(await updateGroup(deps, actor, params.id, body, ifMatch)),
    ),
    route(groups.delete, async ({ actor, params, ifMatch }) => {
      await deleteGroup(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}
