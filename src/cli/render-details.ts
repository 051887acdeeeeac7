import { oneLine } from "../core/one-line.ts";
import { formatBinding, type RoleBinding } from "../core/permission.ts";
import { ageOf } from "./age.ts";
import { formatSubject } from "./kinds/cells.ts";
import type { Kind, Resource } from "./kinds/kind.ts";

type Field = readonly [label: string, lines: readonly string[]];

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const MAX_CELL = 4_000;

/** A resource as labels with values, one below the other. Ends with a line end. */
export function renderDetails(kind: Kind, resource: Resource, now: Date): string {
  const own = Object.entries(resource).map(([name, value]): Field => [labelOf(name), linesOf(value, now)]);
  const fields: Field[] = [["Kind", [kind.singular]], ...own, ...(kind.describe?.(resource) ?? [])];
  const width = Math.max(...fields.map(([label]) => label.length)) + 1;
  return fields.map((field) => renderField(field, width)).join("");
}

function renderField([label, lines]: Field, width: number): string {
  const [first = "-", ...rest] = lines.map((line) => oneLineKeepingIndent(line));
  const head = `${`${label}:`.padEnd(width)}  ${first}\n`;
  return head + rest.map((line) => `${" ".repeat(width)}  ${line}\n`).join("");
}

/** `lastUsedAt`, `last_used_at` → `Last used at`. */
function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function linesOf(value: unknown, now: Date): string[] {
  if (value === null || value === undefined || value === "") return ["-"];
  if (typeof value === "string") return INSTANT.test(value) ? [`${value} (${distance(value, now)})`] : value.split("\n");
  if (Array.isArray(value)) return value.length === 0 ? ["-"] : value.flatMap((each) => itemLines(each, now));
  if (typeof value === "object") return objectLines(value, now);
  return [String(value)];
}

function itemLines(item: unknown, now: Date): string[] {
  if (typeof item !== "object" || item === null) return linesOf(item, now);
  if ("role" in item || "action" in item) return [formatBinding(item as RoleBinding)];
  if ("kind" in item && "name" in item && Object.keys(item).length === 2)
    return [formatSubject(item as Parameters<typeof formatSubject>[0])];
  return [JSON.stringify(item)];
}

function objectLines(value: object, now: Date): string[] {
  const lines = Object.entries(value).flatMap(([key, part]) => {
    const inner = linesOf(part, now);
    return inner.length === 1 ? [`${key}: ${inner[0]}`] : [`${key}:`, ...inner.map((line) => `  ${line}`)];
  });
  return lines.length === 0 ? ["-"] : lines;
}

function distance(instant: string, now: Date): string {
  return Date.parse(instant) > now.getTime() ? `in ${ageOf(now.toISOString(), new Date(instant))}` : `${ageOf(instant, now)} ago`;
}

function oneLineKeepingIndent(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? "";
  return indent + oneLine(line, MAX_CELL);
}
