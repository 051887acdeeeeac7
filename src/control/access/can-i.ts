import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import type { AccessRequest } from "../../core/permission.ts";
import { formatSubject, parseSubjectText } from "../rbac/subject.ts";
import type { AccessSubjects } from "./access-subjects.ts";
import type { Actor } from "./actor.ts";
import { type Explanation, explainAccess } from "./explain-access.ts";

/** What may be asked; either `verb` and `resource`, or `action`. */
export interface AccessQuestion {
  readonly verb?: Extract<AccessRequest, { verb: unknown }>["verb"] | undefined;
  readonly resource?: Extract<AccessRequest, { verb: unknown }>["resource"] | undefined;
  readonly name?: string | undefined;
  readonly action?: Extract<AccessRequest, { action: unknown }>["action"] | undefined;
  /** `User:jo`, `Group:dev` or `McpToken:<sha>`; absent: the caller. */
  readonly as?: string | undefined;
}

/**
 * Whether the caller, or another subject, may do something, and which binding says so. About another it takes the
 * action `impersonate`, which is asked for before anybody is looked up.
 *
 * Throws `invalid`/`ACCESS_QUESTION_INVALID` or `SUBJECT_INVALID`, `denied`, `not_found`/`SUBJECT_UNKNOWN`.
 */
export async function canI(subjects: AccessSubjects, actor: Actor, grant: Grant, question: AccessQuestion): Promise<Explanation> {
  const request = parseQuestion(question);
  if (question.as === undefined) return explainAccess(grant, request);
  const subject = parseSubjectText(question.as);
  requireAccess(actor.caller, { action: "impersonate" });
  const found = await subjects.resolve(subject);
  const name = formatSubject(subject);
  if (found === undefined) throw new AppError("not_found", "SUBJECT_UNKNOWN", `There is no ${name}`);
  if (found.barred !== undefined) return { allowed: false, subject: name, by: null, reason: found.barred };
  return { ...explainAccess(found.grant, request), subject: name };
}

function parseQuestion({ verb, resource, name, action }: AccessQuestion): AccessRequest {
  const nothingElse = verb === undefined && resource === undefined && name === undefined;
  if (action !== undefined && nothingElse) return { action };
  if (action === undefined && verb !== undefined && resource !== undefined) return { verb, resource, name };
  throw new AppError(
    "invalid",
    "ACCESS_QUESTION_INVALID",
    "Ask either for a verb and a resource, with a name or without, or for an action",
    {
      hint: "for instance ?verb=edit&resource=servers&name=x, or ?action=logs",
    },
  );
}
