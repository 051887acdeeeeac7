import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type Group, groupUnknown } from "./group.ts";
import type { GroupStore } from "./group-store.ts";

/** The group of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`GROUP_UNKNOWN`, `denied`. */
export function findGroup({ byId, byName }: GroupStore, actor: Actor, verb: Role, reference: string): Promise<Group> {
  const finder = { resource: "groups", prefix: "grp", byId, byName, nameOf: ({ name }: Group) => name, unknown: groupUnknown } as const;
  return findPermitted(finder, actor, verb, reference);
}
