import type { PromptArgument } from "../../api/server-definition.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { accessNameOf, type Prompt, parsePromptName, requireSoundPrompt } from "./prompt.ts";
import type { PromptStore } from "./prompt-store.ts";

export interface CreatePromptDeps {
  readonly prompts: PromptStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CreatePromptInput {
  readonly name: string;
  /** The project's name. */
  readonly project: string;
  readonly description?: string;
  readonly arguments?: readonly PromptArgument[];
  readonly template: string;
}

/** Adds a prompt to a project. Throws `denied`, `invalid`, `conflict`/`PROMPT_NAME_TAKEN`, `not_found`/`PROJECT_UNKNOWN`. */
export async function createPrompt(deps: CreatePromptDeps, actor: Actor, input: CreatePromptInput): Promise<Prompt> {
  const { name, project } = input;
  requireAccess(actor.caller, { verb: "create", resource: "prompts", name: accessNameOf({ project, name }) }, project);
  const at = deps.clock.now();
  const prompt: Prompt = {
    id: deps.ids.next("prm"),
    name: parsePromptName(name),
    project,
    description: input.description ?? "",
    arguments: input.arguments ?? [],
    template: input.template,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  requireSoundPrompt(prompt);
  const what = { action: "prompt.create", resource: "prompts", resourceName: accessNameOf(prompt), project };
  return deps.prompts.insert(prompt, resourceEvent(actor, at, what));
}
