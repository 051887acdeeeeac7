import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { createDefinition, type RbacDeps } from "../rbac/create-definition.ts";
import { deleteDefinition } from "../rbac/delete-definition.ts";
import { findDefinition } from "../rbac/find-definition.ts";
import { listDefinitions } from "../rbac/list-definitions.ts";
import { rbacResource } from "../rbac/rbac-definition.ts";
import { parseSubjectText } from "../rbac/subject.ts";
import { updateDefinition } from "../rbac/update-definition.ts";
import { listRequest } from "./list-request.ts";
import { type Route, route } from "./route.ts";

const { rbac } = ENDPOINTS;

export function rbacRoutes(deps: RbacDeps): Route[] {
  return [
    route(rbac.list, async ({ actor, query: { name, subject, ...rest } }) => {
      const filter = { name, subject: subject === undefined ? undefined : parseSubjectText(subject) };
      const page = await listDefinitions(deps.definitions, actor, filter, listRequest(rest));
      return { items: page.items.map(rbacResource), nextCursor: page.nextCursor };
    }),
    route(rbac.create, async ({ actor, body }) => rbacResource(await createDefinition(deps, actor, body))),
    route(rbac.get, async ({ actor, params }) => rbacResource(await findDefinition(deps.definitions, actor, "view", params.id))),
    route(rbac.update, async ({ actor, params, body, ifMatch }) =>
      rbacResource(await updateDefinition(deps, actor, params.id, body, ifMatch)),
    ),
    route(rbac.delete, async ({ actor, params, ifMatch }) => {
      await deleteDefinition(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}
