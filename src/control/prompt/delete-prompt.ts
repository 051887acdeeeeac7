import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findPrompt, type PromptReference } from "./find-prompt.ts";
import { accessNameOf } from "./prompt.ts";
import type { UpdatePromptDeps } from "./update-prompt.ts";

/** Deletes a prompt. Throws `denied`, `precondition`/`VERSION_STALE`, `not_found`/`PROMPT_UNKNOWN`. */
export async function deletePrompt(deps: UpdatePromptDeps, actor: Actor, reference: PromptReference, ifMatch?: number): Promise<void> {
  const { id } = await findPrompt(deps.prompts, actor, "delete", reference);
  await deps.prompts.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    const what = { action: "prompt.delete", resource: "prompts", resourceName: accessNameOf(current), project: current.project };
    return resourceEvent(actor, deps.clock.now(), what);
  });
}
