import type { Kind, Resource, SpecFields } from "./kind.ts";

/** What no document holds: who it is inside, its history, and whatever is or tells of a secret. */
const INTERNAL: ReadonlySet<string> = new Set(["id", "version", "createdAt", "updatedAt", "token", "password", "value", "sha", "prefix"]);

/** The fields of a resource that its document has: without internal, secret and derived ones; `projectName` is `project`. */
export function stripInternalFields({ spec }: Pick<Kind, "spec">, resource: Resource): SpecFields {
  const dropped = new Set([...INTERNAL, ...(spec?.derived ?? [])]);
  const kept = Object.entries(resource).filter(([name, value]) => !dropped.has(name) && value !== undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name === "projectName" ? "project" : name, value]));
}
