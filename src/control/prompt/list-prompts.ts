import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { Prompt } from "./prompt.ts";
import type { PromptFilter, PromptStore } from "./prompt-store.ts";

/** The prompts that `actor` may view. Throws `denied` where that can be none. */
export async function listPrompts(
  prompts: PromptStore,
  actor: Actor,
  filter: PromptFilter,
  request: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<Prompt>> {
  const names = viewableNames(actor.caller, "prompts");
  if (![filter.name, filter.project].every(couldBeName)) return { items: [], nextCursor: null };
  return prompts.page(filter, { ...request, names });
}
