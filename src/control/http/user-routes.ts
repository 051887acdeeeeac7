import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { createUser, type UserDeps } from "../user/create-user.ts";
import { deleteUser } from "../user/delete-user.ts";
import { findUser } from "../user/find-user.ts";
import { listUsers } from "../user/list-users.ts";
import { updateUser } from "../user/update-user.ts";
import { userResource } from "../user/user.ts";
import { listRequest } from "./list-request.ts";
import { type Route, route } from "./route.ts";

const { users } = ENDPOINTS;

export function userRoutes(deps: UserDeps): Route[] {
  return [
    route(users.list, async ({ actor, query: { username, ...rest } }) => {
      const page = await listUsers(deps.users, actor, { username }, listRequest(rest));
      return { items: page.items.map(userResource), nextCursor: page.nextCursor };
    }),
    route(users.create, async ({ actor, body }) => userResource(await createUser(deps, actor, body))),
    route(users.get, async ({ actor, params }) => userResource(await findUser(deps.users, actor, "view", params.id))),
    route(users.update, async ({ actor, params, body, ifMatch }) => userResource(await updateUser(deps, actor, params.id, body, ifMatch))),
    route(users.delete, async ({ actor, params, ifMatch }) => {
      await deleteUser(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}
