import type { PromptArgument } from "../../api/server-definition.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findPrompt, type PromptReference } from "./find-prompt.ts";
import { accessNameOf, type Prompt, requireSoundPrompt } from "./prompt.ts";
import type { PromptChange, PromptStore } from "./prompt-store.ts";

export interface UpdatePromptDeps {
  readonly prompts: PromptStore;
  readonly clock: Clock;
}

export interface PromptPatch {
  readonly description?: string | undefined;
  /** Replaced as a whole. */
  readonly arguments?: readonly PromptArgument[] | undefined;
  readonly template?: string | undefined;
}

/**
 * Changes a prompt; a patch that changes nothing leaves no trace.
 *
 * Throws `denied`, `invalid`, `precondition`/`VERSION_STALE`, `not_found`/`PROMPT_UNKNOWN`.
 */
export async function updatePrompt(
  deps: UpdatePromptDeps,
  actor: Actor,
  reference: PromptReference,
  patch: PromptPatch,
  ifMatch?: number,
): Promise<Prompt> {
  const found = await findPrompt(deps.prompts, actor, "edit", reference);
  return deps.prompts.change(found.id, (current) => {
    requireVersion(current.version, ifMatch);
    const changed = changesOf(current, patch);
    const fields = Object.keys(changed);
    if (fields.length === 0) return undefined;
    const { arguments: given = current.arguments, template = current.template } = changed;
    requireSoundPrompt({ arguments: given, template });
    const what = { action: "prompt.update", resource: "prompts", resourceName: accessNameOf(current), project: current.project };
    return { ...changed, event: resourceEvent(actor, deps.clock.now(), { ...what, detail: { changed: fields } }) };
  });
}

function changesOf(current: Prompt, { description, arguments: given, template }: PromptPatch): Omit<PromptChange, "event"> {
  return {
    ...(description === undefined || description === current.description ? {} : { description }),
    ...(given === undefined || isSame(given, current.arguments) ? {} : { arguments: given }),
    ...(template === undefined || template === current.template ? {} : { template }),
  };
}

function isSame(left: readonly PromptArgument[], right: readonly PromptArgument[]): boolean {
  const same = (one: PromptArgument, other: PromptArgument | undefined) =>
    one.name === other?.name && one.description === other.description && one.required === other.required;
  return left.length === right.length && left.every((one, index) => same(one, right[index]));
}
