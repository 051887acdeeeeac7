import type { z } from "zod";
import type { rbacDefinitionPatchSchema, Subject } from "../../api/resources/rbac-definition.ts";
import { formatBinding, type RoleBinding } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { requireCovers } from "../access/require-covers.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { RbacDeps } from "./create-definition.ts";
import { findDefinition } from "./find-definition.ts";
import { distinctBindings, type RbacDefinition, requireMadeByPeople } from "./rbac-definition.ts";
import { formatSubject, parseSubjects } from "./subject.ts";

export type RbacPatch = z.infer<typeof rbacDefinitionPatchSchema>;

interface Changes {
  readonly subjects?: readonly Subject[];
  readonly roleBindings?: readonly RoleBinding[];
}

/**
 * Changes a definition; a patch that changes nothing leaves no trace. Whoever changes it holds all that it gives
 * afterwards, also where only its subjects change.
 *
 * Throws `denied`, `not_found`/`RBAC_UNKNOWN` or `SUBJECT_UNKNOWN`, `invalid`/`SUBJECT_INVALID`,
 * `precondition`/`VERSION_STALE`, `conflict`/`DEFINITION_AUTOMATIC`.
 */
export async function updateDefinition(
  deps: Pick<RbacDeps, "definitions" | "clock">,
  actor: Actor,
  reference: string,
  patch: RbacPatch,
  ifMatch?: number,
): Promise<RbacDefinition> {
  const { id, name } = await findDefinition(deps.definitions, actor, "edit", reference);
  return deps.definitions.change(id, (current) => {
    requireMadeByPeople(current);
    requireVersion(current.version, ifMatch);
    const changes = changesOf(current, patch);
    if (Object.keys(changes).length === 0) return undefined;
    requireCovers(actor.caller, changes.roleBindings ?? current.roleBindings, `hand out what ${name} gives`);
    const detail = { ...changes, ...(changes.subjects === undefined ? {} : { subjects: changes.subjects.map(formatSubject) }) };
    const event = resourceEvent(actor, deps.clock.now(), { action: "rbac.update", resource: "rbac", resourceName: name, detail });
    return { ...changes, event };
  });
}

function changesOf(current: RbacDefinition, patch: RbacPatch): Changes {
  const subjects = patch.subjects === undefined ? current.subjects : parseSubjects(patch.subjects);
  const roleBindings = patch.roleBindings === undefined ? current.roleBindings : distinctBindings(patch.roleBindings);
  return {
    ...(sameTexts(subjects.map(formatSubject), current.subjects.map(formatSubject)) ? {} : { subjects }),
    ...(sameTexts(roleBindings.map(formatBinding), current.roleBindings.map(formatBinding)) ? {} : { roleBindings }),
  };
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, at) => text === right[at]);
}
