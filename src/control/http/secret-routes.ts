import { secrets as endpoints } from "../../api/endpoints/resource-endpoints.ts";
import type { SecretResource } from "../../api/resources/secret.ts";
import { mayShow } from "../../core/caller.ts";
import type { Actor } from "../access/actor.ts";
import { type CreateSecretDeps, createSecret } from "../secret/create-secret.ts";
import { deleteSecret } from "../secret/delete-secret.ts";
import { findSecret } from "../secret/find-secret.ts";
import { listSecrets } from "../secret/list-secrets.ts";
import type { SecretDetails } from "../secret/secret.ts";
import { updateSecret } from "../secret/update-secret.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";

export function secretRoutes(deps: CreateSecretDeps): Route[] {
  return [
    route(endpoints.list, async ({ query, actor }) => {
      const { items, nextCursor } = await listSecrets(deps.secrets, actor, query, listRequest<"name" | "createdAt">(query));
      return { items: items.map((secret) => secretResource(secret, actor)), nextCursor };
    }),
    route(endpoints.create, async ({ body, actor }) => {
      const secret = await createSecret(deps, actor, body);
      return new ReplyWith(secretResource(secret, actor), { location: `/api/v1/secrets/${secret.name}` });
    }),
    route(endpoints.get, async ({ params, actor }) => secretResource(await findSecret(deps.secrets, actor, "view", params.id), actor)),
    route(endpoints.update, async ({ params, body, actor, ifMatch }) =>
      secretResource(await updateSecret(deps, actor, params.id, body, ifMatch), actor),
    ),
    route(endpoints.delete, async ({ params, actor, ifMatch }) => {
      await deleteSecret(deps, actor, params.id, ifMatch);
      return undefined;
    }),
  ];
}

/** Of the servers that name it, those that the caller may view. */
function secretResource(secret: SecretDetails, { caller }: Actor): SecretResource {
  const { id, name, description, version } = secret;
  const usedBy = secret.usedBy.filter(mayShow(caller, "servers"));
  const [createdAt, updatedAt] = [secret.createdAt.toISOString(), secret.updatedAt.toISOString()];
  return { id, name, description, usedBy, version, createdAt, updatedAt };
}
