import { formatServiceDefinition } from "./format-service-definition.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { requireEdited } from "./set-active.ts";
import { toWritten } from "./to-written.ts";
import { removeEmptyTomlTable, removeTomlValue, setTomlValue, type TomlScalar } from "./toml/edit-toml.ts";
import type { TomlPath } from "./toml/scan-toml.ts";

/**
 * A definition's text, changed so that it gives `definition`: values that differ are replaced where they stand, new
 * components follow at the end, and comments stay. Components that are gone, or stand in another order, are not for it.
 *
 * Throws as `setActive` does.
 */
export function rewriteServiceDefinition(text: string, definition: ServiceDefinition, file: string): string {
  const before = parseServiceDefinition(text, file);
  const known = before.components.length;
  const sameNames = before.components.every(({ name }, index) => definition.components[index]?.name === name);
  const added = definition.components.slice(known);
  const [old, wanted] = [
    leavesOf(toWritten(before)),
    leavesOf(toWritten({ ...definition, components: definition.components.slice(0, known) })),
  ];
  let edited = sameNames ? text : undefined;
  for (const [key, { path, value }] of wanted) {
    if (Bun.deepEquals(old.get(key)?.value, value)) continue;
    edited = edited && setTomlValue(edited, path, value);
  }
  for (const [key, { path }] of old) {
    if (wanted.has(key)) continue;
    const table = path.slice(0, -1);
    const isEmpty = ![...wanted.values()].some((leaf) => table.every((part, index) => leaf.path[index] === part));
    edited = edited && removeTomlValue(edited, path);
    if (isEmpty) edited = edited && removeEmptyTomlTable(edited, table);
  }
  if (added.length > 0) edited &&= `${edited.trimEnd()}\n\n${componentsText({ ...definition, components: added })}`;
  return requireEdited(edited, file, definition);
}

/** Only what stands from the first component on. */
function componentsText(definition: ServiceDefinition): string {
  const text = formatServiceDefinition(definition);
  return text.slice(text.indexOf("[[components]]"));
}

interface Leaf {
  readonly path: TomlPath;
  readonly value: TomlScalar;
}

/** Every value with its way, by the way as JSON. An array of texts is one value. */
function leavesOf(value: unknown, path: TomlPath = []): ReadonlyMap<string, Leaf> {
  if (typeof value !== "object" || value === null || (Array.isArray(value) && typeof value[0] !== "object")) {
    return new Map([[JSON.stringify(path), { path, value: value as TomlScalar }]]);
  }
  const isArray = Array.isArray(value);
  return new Map(Object.entries(value).flatMap(([key, each]) => [...leavesOf(each, [...path, isArray ? Number(key) : key])]));
}
