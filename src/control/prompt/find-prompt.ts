import { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { accessNameOf, type Prompt, promptUnknown } from "./prompt.ts";
import type { PromptStore } from "./prompt-store.ts";

/** An id, or a name with its project. */
export interface PromptReference {
  readonly prompt: string;
  readonly project?: string | undefined;
}

const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/**
 * The prompt of an id, or of a name in a project, if `actor` may do `verb` with it.
 *
 * Throws `invalid`/`PROMPT_PROJECT_MISSING` for a name alone, `denied`, `not_found`/`PROMPT_UNKNOWN`.
 */
export async function findPrompt(prompts: PromptStore, { caller }: Actor, verb: Role, reference: PromptReference): Promise<Prompt> {
  const { prompt: name, project } = reference;
  const request = (named: Pick<Prompt, "project" | "name">) => ({ verb, resource: "prompts", name: accessNameOf(named) }) as const;
  if (/^prm_[0-9A-Za-z]{1,35}$/.test(name)) {
    const found = await prompts.byId(name);
    if (found === undefined || (project !== undefined && project !== found.project)) throw promptUnknown(name);
    requireAccess(caller, request(found), found.project);
    return found;
  }
  if (project === undefined) {
    throw new AppError("invalid", "PROMPT_PROJECT_MISSING", "query.project: a prompt's name is unique in its project only; say which", {
      hint: "add ?project=NAME, or give the prompt's id",
    });
  }
  if (!NAME.test(name) || !NAME.test(project)) throw promptUnknown(`${project}/${name}`);
  requireAccess(caller, request({ project, name }), project);
  const found = await prompts.byName(project, name);
  if (found === undefined) throw promptUnknown(`${project}/${name}`);
  return found;
}
