import type { z } from "zod";
import type { rbacDefinitionCreateSchema } from "../../api/resources/rbac-definition.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Actor } from "../access/actor.ts";
import { requireCovers } from "../access/require-covers.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { distinctBindings, type RbacDefinition } from "./rbac-definition.ts";
import type { RbacStore } from "./rbac-store.ts";
import { formatSubject, parseSubjects } from "./subject.ts";

export interface RbacDeps {
  readonly definitions: RbacStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Creates a definition. Nobody hands out rights they do not hold; a token named in it still has no more than its owner.
 *
 * Throws `denied`, `invalid`/`SUBJECT_INVALID`, `not_found`/`SUBJECT_UNKNOWN`, `conflict`/`RBAC_NAME_TAKEN`.
 */
export async function createDefinition(
  deps: RbacDeps,
  actor: Actor,
  input: z.infer<typeof rbacDefinitionCreateSchema>,
): Promise<RbacDefinition> {
  const { name } = input;
  requireAccess(actor.caller, { verb: "create", resource: "rbac", name });
  const roleBindings = distinctBindings(input.roleBindings);
  requireCovers(actor.caller, roleBindings, `hand out what ${name} gives`);
  const now = deps.clock.now();
  const traits = { name, subjects: parseSubjects(input.subjects), roleBindings, tokenId: undefined };
  const definition: RbacDefinition = { id: deps.ids.next("rbac"), ...traits, version: 1, createdAt: now, updatedAt: now };
  const detail = { subjects: definition.subjects.map(formatSubject), roleBindings };
  await deps.definitions.insert(
    definition,
    resourceEvent(actor, now, { action: "rbac.create", resource: "rbac", resourceName: name, detail }),
  );
  return definition;
}
