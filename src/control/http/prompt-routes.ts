import { prompts as endpoints } from "../../api/endpoints/resource-endpoints.ts";
import type { PromptResource } from "../../api/resources/prompt.ts";
import { type CreatePromptDeps, createPrompt } from "../prompt/create-prompt.ts";
import { deletePrompt } from "../prompt/delete-prompt.ts";
import { findPrompt } from "../prompt/find-prompt.ts";
import { listPrompts } from "../prompt/list-prompts.ts";
import type { Prompt } from "../prompt/prompt.ts";
import { updatePrompt } from "../prompt/update-prompt.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";

/** By name it takes `?project=`, since names are unique in their project only. */
export function promptRoutes(deps: CreatePromptDeps): Route[] {
  return [
    route(endpoints.list, async ({ query, actor }) => {
      const { items, nextCursor } = await listPrompts(deps.prompts, actor, query, listRequest<"name" | "createdAt">(query));
      return { items: items.map(promptResource), nextCursor };
    }),
    route(endpoints.create, async ({ body, actor }) => {
      const prompt = await createPrompt(deps, actor, body);
      return new ReplyWith(promptResource(prompt), { location: `/api/v1/prompts/${prompt.id}` });
    }),
    route(endpoints.get, async ({ params, query, actor }) =>
      promptResource(await findPrompt(deps.prompts, actor, "view", { prompt: params.id, ...query })),
    ),
    route(endpoints.update, async ({ params, query, body, actor, ifMatch }) =>
      promptResource(await updatePrompt(deps, actor, { prompt: params.id, ...query }, body, ifMatch)),
    ),
    route(endpoints.delete, async ({ params, query, actor, ifMatch }) => {
      await deletePrompt(deps, actor, { prompt: params.id, ...query }, ifMatch);
      return undefined;
    }),
  ];
}

function promptResource({ arguments: given, createdAt, updatedAt, ...prompt }: Prompt): PromptResource {
  return { ...prompt, arguments: [...given], createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
