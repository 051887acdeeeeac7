import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { PromptArgument } from "../../api/server-definition.ts";
import type { PageRequest } from "../page/page.ts";
import type { Prompt } from "./prompt.ts";

/** What a prompt becomes; what is left out stays. */
export interface PromptChange {
  readonly description?: string | undefined;
  readonly arguments?: readonly PromptArgument[] | undefined;
  readonly template?: string | undefined;
  readonly event: AuditDraft;
}

/** Only prompts that fit all that is given. */
export interface PromptFilter {
  readonly name?: string | undefined;
  /** The name of their project. */
  readonly project?: string | undefined;
}

/** What prompt use cases need from storage. Every change commits with its audit event and its place in the feed, or not at all. */
export interface PromptStore {
  /** Throws `conflict`/`PROMPT_NAME_TAKEN`, `not_found`/`PROJECT_UNKNOWN`. */
  insert(prompt: Prompt, event: AuditDraft): Promise<Prompt>;
  byId(id: string): Promise<Prompt | undefined>;
  byName(project: string, name: string): Promise<Prompt | undefined>;
  /** The request's names are `project/name` and `project/*`. */
  page(filter: PromptFilter, request: PageRequest<"name" | "createdAt">): Promise<Page<Prompt>>;
  /**
   * `plan` says what the prompt becomes, given it as it is; no other change comes in between. Undefined: it stays and
   * nothing is recorded. What `plan` throws, comes out; it may be asked again. Throws `not_found`/`PROMPT_UNKNOWN`.
   */
  change(id: string, plan: (current: Prompt) => PromptChange | undefined): Promise<Prompt>;
  /** Throws `not_found`/`PROMPT_UNKNOWN`, and what `plan` throws. */
  delete(id: string, plan: (current: Prompt) => AuditDraft): Promise<void>;
}
