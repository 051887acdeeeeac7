import type { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Resource, Role } from "../../core/permission.ts";
import type { Actor } from "./actor.ts";

/** How resources of one kind are found by what stands in a path. */
export interface Finder<T> {
  readonly resource: Resource;
  /** Of its ids: `prj` of `prj_…`. Names hold no `_`. */
  readonly prefix: string;
  /** What else may be a name of this kind. */
  readonly otherNames?: RegExp;
  readonly byId: (id: string) => Promise<T | undefined>;
  readonly byName: (name: string) => Promise<T | undefined>;
  /** The name by which rights are asked. */
  readonly nameOf: (item: T) => string;
  /** The name of the project that the resource is or lies in: a token reaches its own alone. */
  readonly projectOf?: (item: T) => string;
  readonly unknown: (reference: string) => AppError;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const ID = /^[a-z]+_[0-9A-Za-z]{1,35}$/;

/**
 * What an id or a name stands for, if `actor` may do `verb` with it. A name is asked about before it is looked up, so
 * that a refusal does not say whether it exists; what can be neither is unknown.
 *
 * Throws `denied`/`PERMISSION_DENIED`, or `not_found` as the finder says it.
 */
export async function findPermitted<T>(finder: Finder<T>, { caller }: Actor, verb: Role, reference: string): Promise<T> {
  const { resource } = finder;
  const isId = reference.startsWith(`${finder.prefix}_`) && ID.test(reference);
  if (!isId && !NAME.test(reference) && finder.otherNames?.test(reference) !== true) throw finder.unknown(reference);
  if (!isId) requireAccess(caller, { verb, resource, name: reference });
  const found = await (isId ? finder.byId(reference) : finder.byName(reference));
  if (found === undefined) throw finder.unknown(reference);
  requireAccess(caller, { verb, resource, name: finder.nameOf(found) }, finder.projectOf?.(found));
  return found;
}
