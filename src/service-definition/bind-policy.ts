import { posix } from "node:path";
import { AppError } from "../core/app-error.ts";
import { liesIn } from "./absolute-path.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { isBind } from "./volume-mount.ts";

export interface BindOutside {
  readonly component: string;
  readonly source: string;
  /** Where it leads, where that is somewhere else. */
  readonly target: string;
}

/**
 * Folders and files of the node that a service mounts and that lie in none of `roots`, absolute paths.
 *
 * `resolve` follows links, as `realpath` does, and gives back what is not there yet: without it a link inside a root leads
 * anywhere.
 */
export function bindsOutside(
  definition: ServiceDefinition,
  roots: readonly string[],
  resolve: (path: string) => string = (path) => path,
): readonly BindOutside[] {
  const allowed = roots.map((root) => resolve(posix.resolve("/", root)));
  return definition.components.flatMap(({ name, volumes }) =>
    volumes
      .filter(isBind)
      .map(({ source }) => ({ component: name, source, target: resolve(source) }))
      .filter(({ target }) => !allowed.some((root) => liesIn(target, root))),
  );
}

/** Throws `denied`/`BIND_DENIED` where a service mounts what lies in none of `roots`. */
export function requireBindsInside(definition: ServiceDefinition, roots: readonly string[], resolve?: (path: string) => string): void {
  const [found] = bindsOutside(definition, roots, resolve);
  if (found === undefined) return;
  const way = found.target === found.source ? found.source : `${found.source} (which is ${found.target})`;
  throw new AppError(
    "denied",
    "BIND_DENIED",
    `The component '${found.component}' of '${definition.name}' mounts ${way}, which this node does not give away`,
    {
      hint: roots.length === 0 ? "this node allows no folder of its own" : `it allows what lies in ${roots.join(", ")}`,
    },
  );
}
