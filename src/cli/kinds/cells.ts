import type { Subject } from "../../api/resources/rbac-definition.ts";

/** Names in one cell; `-` for none. */
export function joined(names: readonly string[]): string {
  return names.length === 0 ? "-" : names.join(",");
}

/** The first and how many more there are. */
export function firstOf(texts: readonly string[]): string {
  const [first = "-"] = texts;
  return texts.length < 2 ? first : `${first} +${texts.length - 1}`;
}

export function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

export function formatSubject({ kind, name }: Subject): string {
  return `${kind}:${name}`;
}
