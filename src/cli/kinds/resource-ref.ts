import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Kind, Resource } from "./kind.ts";
import { parseKind } from "./kinds.ts";

/** Which one of a kind is meant. */
export interface ResourceRef {
  /** An id or a name. */
  readonly name: string;
  /** Where names are unique in their project alone. */
  readonly project: string | undefined;
}

/**
 * The kind and the resources that the words after a verb name: `KIND NAME…` or `KIND/NAME…`.
 * Throws `invalid`: `KIND_UNKNOWN`, `NAME_INVALID`, `PROJECT_MISSING`.
 */
export function parseTargets(kindWord: string, names: readonly string[], project: string | undefined): { kind: Kind; refs: ResourceRef[] } {
  const slash = kindWord.indexOf("/");
  if (slash < 0) {
    const kind = parseKind(kindWord);
    return { kind, refs: names.map((name) => parseRef(kind, name, project)) };
  }
  const kind = parseKind(kindWord.slice(0, slash));
  const first = parseRef(kind, kindWord.slice(slash + 1), project);
  const rest = names.map((word) => {
    const at = word.indexOf("/");
    const other = at < 0 ? undefined : parseKind(word.slice(0, at));
    if (other === kind) return parseRef(kind, word.slice(at + 1), project);
    throw new AppError("invalid", "NAME_INVALID", `'${word}' does not go with '${kindWord}'`, {
      hint: "write KIND NAME NAME…, or KIND/NAME KIND/NAME… of one kind",
    });
  });
  return { kind, refs: [first, ...rest] };
}

/** One that a word names: an id, a name with `-p`, or `PROJECT/NAME`. */
export function parseRef(kind: Kind, word: string, project: string | undefined): ResourceRef {
  if (word === "") throw new AppError("invalid", "NAME_INVALID", `The name of a ${kind.singular} is empty`);
  if (!kind.inProject) return { name: word, project: undefined };
  const slash = word.indexOf("/");
  const inWord = slash < 0 ? undefined : word.slice(0, slash);
  const name = slash < 0 ? word : word.slice(slash + 1);
  if (inWord !== undefined && project !== undefined && inWord !== project)
    throw new AppError("invalid", "NAME_INVALID", `'${word}' is not in the project ${project}`);
  const ref = { name, project: project ?? inWord };
  if (ref.project !== undefined || isId(kind, name)) return ref;
  throw new AppError("invalid", "PROJECT_MISSING", `A ${kind.singular} is named in its project: which '${word}' is meant?`, {
    hint: `add -p PROJECT, or give its id (${kind.idPrefix}…)`,
  });
}

export function isId(kind: Kind, word: string): boolean {
  return kind.idPrefix !== "" && word.startsWith(kind.idPrefix);
}

/** `project/demo`, `mcptoken/demo/ci`: as it can be given to a command again. */
export function refTextOf(kind: Kind, resource: Resource): string {
  return `${kind.singular}/${qualifiedName(kind, resource)}`;
}

/** Its name, with its project where it takes one. */
export function qualifiedName(kind: Kind, resource: Resource): string {
  const name = String(resource[kind.nameKey]);
  return oneLine(kind.inProject ? `${String(resource.project)}/${name}` : name);
}

export function formatRef(kind: Kind, { name, project }: ResourceRef): string {
  return `${kind.singular}/${project === undefined || isId(kind, name) ? name : `${project}/${name}`}`;
}
