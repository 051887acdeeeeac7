import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { RbacDeps } from "./create-definition.ts";
import { findDefinition } from "./find-definition.ts";
import { requireMadeByPeople } from "./rbac-definition.ts";
import { formatSubject } from "./subject.ts";

/**
 * Deletes a definition: its subjects lose what it gave at once.
 *
 * Throws `denied`, `not_found`/`RBAC_UNKNOWN`, `precondition`/`VERSION_STALE`, `conflict`/`DEFINITION_AUTOMATIC`.
 */
export async function deleteDefinition(
  deps: Pick<RbacDeps, "definitions" | "clock">,
  actor: Actor,
  reference: string,
  ifMatch?: number,
): Promise<void> {
  const { id, name } = await findDefinition(deps.definitions, actor, "delete", reference);
  await deps.definitions.delete(id, (current) => {
    requireMadeByPeople(current);
    requireVersion(current.version, ifMatch);
    const detail = { subjects: current.subjects.map(formatSubject), roleBindings: current.roleBindings };
    return resourceEvent(actor, deps.clock.now(), { action: "rbac.delete", resource: "rbac", resourceName: name, detail });
  });
}
