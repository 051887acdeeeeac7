import type { ServerPolicy } from "../../api/server-definition.ts";
import type { ServerHost } from "../server-host.ts";
import { compileScopes, type ScopeEntry, type ScopeMap } from "./scope-map.ts";

const compiled = new WeakMap<NonNullable<ServerPolicy["scopes"]>, ScopeMap>();

/** The scope map that holds at this server: its own, as a whole, else the installation's. */
export function scopesAt({ definition }: ServerHost, installation: ScopeMap): ScopeMap {
  const { scopes } = definition.policy;
  if (scopes === undefined) return installation;
  const known = compiled.get(scopes);
  if (known !== undefined) return known;
  const map = compileScopes(Object.entries(scopes) as ScopeEntry[]);
  compiled.set(scopes, map);
  return map;
}
