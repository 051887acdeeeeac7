import { containerNotFound, imageNotFound } from "../runtime-errors.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const REFERENCE = /^[a-zA-Z0-9][a-zA-Z0-9_.:/@-]*$/;

export function isContainerName(name: string): boolean {
  return NAME.test(name);
}

/** `/containers/NAME`. What cannot be a name is no container: it is not to become another path. */
export function containerPath(name: string): string {
  if (!isContainerName(name)) throw containerNotFound(JSON.stringify(name));
  return `/containers/${name}`;
}

/** `/images/REFERENCE`, which both engines take with its slashes. */
export function imagePath(reference: string): string {
  if (!isReference(reference)) throw imageNotFound(JSON.stringify(reference));
  return `/images/${reference}`;
}

export function isReference(reference: string): boolean {
  return REFERENCE.test(reference) && !reference.split("/").some((part) => part === "" || part === "." || part === "..");
}

/** The repository and the tag of a reference; `latest` where it has none. */
export function repositoryAndTag(reference: string): { readonly repo: string; readonly tag: string } {
  const at = reference.indexOf(":", reference.lastIndexOf("/") + 1);
  return at < 0 ? { repo: reference, tag: "latest" } : { repo: reference.slice(0, at), tag: reference.slice(at + 1) };
}
