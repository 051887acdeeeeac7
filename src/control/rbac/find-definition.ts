import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { AUTOMATIC_NAME, definitionUnknown, type RbacDefinition } from "./rbac-definition.ts";
import type { RbacStore } from "./rbac-store.ts";

/** The definition of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`RBAC_UNKNOWN`, `denied`. */
export function findDefinition({ byId, byName }: RbacStore, actor: Actor, verb: Role, reference: string): Promise<RbacDefinition> {
  const nameOf = ({ name }: RbacDefinition) => name;
  const finder = {
    resource: "rbac",
    prefix: "rbac",
    otherNames: AUTOMATIC_NAME,
    byId,
    byName,
    nameOf,
    unknown: definitionUnknown,
  } as const;
  return findPermitted(finder, actor, verb, reference);
}
