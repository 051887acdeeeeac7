import { type Caller, requireAccess } from "../../core/caller.ts";
import type { Resource } from "../../core/permission.ts";

/**
 * The names that a list may show, for its query to filter by; undefined: all. Throws `denied`/`PERMISSION_DENIED`
 * where the caller may see none of the kind at all: an empty list is never the disguise of a refusal.
 */
export function viewableNames(caller: Caller, resource: Resource): ReadonlySet<string> | undefined {
  const names = caller.rights.allowedNames("view", resource);
  if (names !== "all" && names.size === 0) requireAccess(caller, { verb: "view", resource });
  const cap = resource === "servers" ? caller.allowServers : undefined;
  if (cap === undefined) return names === "all" ? undefined : names;
  return new Set(cap.filter((name) => names === "all" || names.has(name)));
}
