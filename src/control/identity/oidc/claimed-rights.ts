/** What a JWT says for itself of what it opens, where it maps to nobody here. */
import { z } from "zod";
import type { Scope } from "../../../core/caller.ts";
import type { GrantedBinding, RoleBinding } from "../../../core/permission.ts";

const MAX_HANDLES = 200;

const handles = z.array(z.string().max(32)).max(MAX_HANDLES);
const serverCapSchema = z.union([handles, z.string().transform((text) => text.split(" "))]).optional();

/** The claim `allow_servers`, a list or one text. One that cannot be read is no licence to go without. */
export function parseServerCap(claim: unknown): readonly string[] | "none" | "unreadable" {
  const { success, data } = serverCapSchema.safeParse(claim);
  if (!success) return "unreadable";
  return data === undefined || data.includes("*") ? "none" : data;
}

/**
 * What scopes alone allow on servers. mcp:admin opens its methods and no resource of mcpd: another's provider does not
 * make administrators here.
 */
export function bindingsOfScopes(scopes: readonly Scope[], allowServers: readonly string[] | undefined): readonly GrantedBinding[] {
  const granted = (scope: Scope, ...bindings: RoleBinding[]) =>
    scopes.includes(scope) ? bindings.map((binding) => ({ binding, source: `scope:${scope}` })) : [];
  const onServers = (role: "view" | "run"): RoleBinding[] =>
    allowServers?.map((name) => ({ role, resource: "servers", name }) as const) ?? [{ role, resource: "servers" }];
  const prompts: RoleBinding[] = allowServers === undefined ? [{ role: "view", resource: "prompts" }] : [];
  return [...granted("mcp:read", ...onServers("view"), ...prompts), ...granted("mcp:call", ...onServers("run"), { action: "dispatch" })];
}
