import type { ComponentDefinition } from "./service-definition.ts";

/**
 * Components so that each comes after those it depends on, and otherwise as they are written. Undefined where they
 * wait for each other; names that are not there wait for nobody.
 */
export function orderByDependencies(components: readonly ComponentDefinition[]): readonly ComponentDefinition[] | undefined {
  const ordered: ComponentDefinition[] = [];
  let waiting = [...components];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ name }) => name));
    const next = waiting.find(({ dependsOn }) => !dependsOn.some((name) => names.has(name)));
    if (next === undefined) return undefined;
    ordered.push(next);
    waiting = waiting.filter((each) => each !== next);
  }
  return ordered;
}

/** The names of components that wait for each other, the first one again at the end; empty where none do. */
export function dependencyCycle(components: readonly ComponentDefinition[]): readonly string[] {
  const dependencies = new Map(components.map(({ name, dependsOn }) => [name, dependsOn]));
  for (const { name } of components) {
    const found = wayBackTo(name, [name], dependencies, new Set());
    if (found !== undefined) return found;
  }
  return [];
}

function wayBackTo(
  start: string,
  trail: readonly string[],
  dependencies: ReadonlyMap<string, readonly string[]>,
  seen: Set<string>,
): readonly string[] | undefined {
  for (const next of dependencies.get(trail.at(-1) ?? "") ?? []) {
    if (next === start) return [...trail, next];
    if (seen.has(next)) continue;
    seen.add(next);
    const found = wayBackTo(start, [...trail, next], dependencies, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
