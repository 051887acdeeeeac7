import { AppError } from "../core/app-error.ts";
import { nearest } from "../core/nearest.ts";
import { ACTIONS, type Action, RESOURCES, type Resource, ROLES, type Role, type RoleBinding } from "../core/permission.ts";

const KEYS = ["role", "resource", "name", "action"] as const;
type Key = (typeof KEYS)[number];

/** Other words for resources, as the command line knows them. */
const RESOURCE_ALIASES: Readonly<Record<string, Resource>> = {
  ...Object.fromEntries(RESOURCES.filter((resource) => resource.endsWith("s")).map((resource) => [resource.slice(0, -1), resource])),
  token: "mcptokens",
  tokens: "mcptokens",
  rolebinding: "rbac",
  rolebindings: "rbac",
};

/**
 * A role binding as people write it: `role:edit,resource:servers`, `role:view,resource:servers,name:my-ha` or
 * `action:logs`. Space around a part does not count. Throws `invalid`/`ROLE_BINDING_INVALID`.
 */
export function parseRoleBinding(entry: string): RoleBinding {
  const parts = new Map<Key, string>();
  for (const part of entry.split(",")) {
    const [key, value] = parsePart(entry, part);
    if (parts.has(key)) throw invalid(entry, `'${key}' stands twice`);
    parts.set(key, value);
  }
  const action = parts.get("action");
  if (action === undefined) return resourceBinding(entry, parts);
  if (parts.size > 1) throw invalid(entry, "'action' stands alone, without role, resource or name");
  return { action: oneOf(entry, "action", action, [...ACTIONS, "*"]) as Action | "*" };
}

function resourceBinding(entry: string, parts: ReadonlyMap<Key, string>): RoleBinding {
  const [role, resource, name] = [parts.get("role"), parts.get("resource"), parts.get("name")];
  if (role === undefined) throw invalid(entry, "'role' is missing");
  if (resource === undefined) throw invalid(entry, "'resource' is missing");
  return {
    role: oneOf(entry, "role", role, ROLES) as Role,
    resource: oneOf(entry, "resource", RESOURCE_ALIASES[resource] ?? resource, [...RESOURCES, "*"]) as Resource | "*",
    ...(name === undefined ? {} : { name }),
  };
}

function parsePart(entry: string, part: string): [Key, string] {
  const colon = part.indexOf(":");
  const key = (colon < 0 ? part : part.slice(0, colon)).trim();
  const value = colon < 0 ? "" : part.slice(colon + 1).trim();
  if (!isKey(key)) throw invalid(entry, `'${key}' is none of ${KEYS.join(", ")}${meant(key, KEYS)}`);
  if (value === "") throw invalid(entry, `'${key}' has no value`);
  return [key, value];
}

function isKey(text: string): text is Key {
  return (KEYS as readonly string[]).includes(text);
}

function oneOf(entry: string, key: Key, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw invalid(entry, `'${value}' is no ${key}: ${allowed.join(", ")}${meant(value, allowed)}`);
}

function meant(word: string, known: readonly string[]): string {
  const [near] = nearest(word, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

function invalid(entry: string, why: string): AppError {
  return new AppError("invalid", "ROLE_BINDING_INVALID", `The role binding '${entry}' is not one: ${why}`, {
    hint: "write role:ROLE,resource:RESOURCE[,name:NAME] or action:ACTION",
  });
}
