import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { AppError } from "../../core/app-error.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";

/**
 * Throws where a container would see a folder of this machine that it may not: `denied`/`BIND_NOT_ALLOWED`,
 * `precondition`/`BIND_SOURCE_MISSING`.
 */
export type BindGuard = (service: string, spec: Pick<ContainerSpec, "mounts">) => Promise<void>;

export interface BindGuardOptions {
  /** Where a service's own files lie. */
  readonly serviceDirectory: (service: string) => string;
  /** Folders of which any service may bind something: the node's own configuration. */
  readonly roots: readonly string[];
}

/** Binds lie in the service's own directory or below one of the roots, with every symbolic link followed. */
export function createBindGuard({ serviceDirectory, roots }: BindGuardOptions): BindGuard {
  return async (service, spec) => {
    for (const { kind, source } of spec.mounts) {
      if (kind === "bind") await requireInside(source, [serviceDirectory(service), ...roots]);
    }
  };
}

async function requireInside(source: string, roots: readonly string[]): Promise<void> {
  const place = await realpath(source).catch((cause: unknown) => {
    throw new AppError("precondition", "BIND_SOURCE_MISSING", `The folder ${source} is to be bound and is not there`, {
      cause,
      hint: "make it, or push a file into it",
    });
  });
  for (const root of roots) {
    // A root that is not there holds nothing.
    const folder = await realpath(root).catch(() => undefined);
    if (folder !== undefined && (place === folder || place.startsWith(folder.endsWith(sep) ? folder : folder + sep))) return;
  }
  const where = place === source ? source : `${source}, which is ${place},`;
  throw new AppError("denied", "BIND_NOT_ALLOWED", `A component may not bind ${where} on this node`, {
    hint: `bind something below ${roots.join(" or ")}, or add a root to the agent's configuration`,
  });
}
