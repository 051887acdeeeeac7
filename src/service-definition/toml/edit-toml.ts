import { stringify } from "smol-toml";
import { scanToml, type TomlEntry, type TomlPath, type TomlSpans, type TomlTable } from "./scan-toml.ts";

export type TomlScalar = string | number | boolean | readonly string[];

/**
 * The text with one value set, and else unchanged: in place of the old one, or on a new line at the end of its table.
 * Undefined where a comment would be lost, or where there is no place for it.
 */
export function setTomlValue(text: string, path: TomlPath, value: TomlScalar): string | undefined {
  const spans = scanToml(text);
  const entry = entryAt(spans, path);
  if (entry === undefined) return insert(text, spans, path, value);
  if (hasComment(spans, entry.valueStart, entry.valueEnd)) return undefined;
  return text.slice(0, entry.valueStart) + valueText(value) + text.slice(entry.valueEnd);
}

/** The text without one value; a comment behind it stays, on a line of its own. Undefined as above. */
export function removeTomlValue(text: string, path: TomlPath): string | undefined {
  const spans = scanToml(text);
  const table = spans.tables.find(({ entries }) => entries.some((entry) => samePath(entry.path, path)));
  const entry = entryAt(spans, path);
  if (table === undefined || entry === undefined) return undefined;
  return cut(text, spans, table.kind === "braces" ? spanInBraces(table, entry) : spanOfLine(text, entry.start, entry.valueEnd));
}

/** The text without a table that has nothing in it, as it is left by `removeTomlValue`; unchanged where it does not stand there. */
export function removeEmptyTomlTable(text: string, path: TomlPath): string | undefined {
  const spans = scanToml(text);
  const table = spans.tables.find((each) => samePath(each.path, path));
  if (table === undefined || table.entries.length > 0) return text;
  return table.kind === "braces" ? removeTomlValue(text, path) : cut(text, spans, spanOfLine(text, table.start, table.bodyStart));
}

function cut(text: string, spans: TomlSpans, [start, end]: readonly [number, number]): string | undefined {
  return hasComment(spans, start, end) ? undefined : text.slice(0, start) + text.slice(end);
}

/** The line, from 1 on, of a value, or of the innermost table around it that stands in the text. */
export function lineOfTomlKey(text: string, path: TomlPath): number | undefined {
  const spans = scanToml(text);
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const start = entryAt(spans, part)?.start ?? spans.tables.find((table) => samePath(table.path, part))?.start;
    if (start !== undefined) return text.slice(0, start).split("\n").length;
  }
  return undefined;
}

function insert(text: string, spans: TomlSpans, path: TomlPath, value: TomlScalar): string | undefined {
  const table = innermostTable(spans, path.slice(0, -1));
  const keys = path.slice(table.path.length);
  // An element of an array has no key of its own.
  if (keys.some((key) => typeof key === "number")) return undefined;
  const line = `${keys.map((key) => keyText(String(key))).join(".")} = ${valueText(value)}`;
  const last = table.entries.at(-1);
  if (table.kind === "braces") {
    const at = last?.valueEnd ?? table.bodyStart;
    return `${text.slice(0, at)}${last === undefined ? ` ${line} ` : `, ${line}`}${text.slice(at)}`;
  }
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  if (last === undefined && table.kind === "root") return `${line}${newline}${text}`;
  const at = lineEnd(text, last?.valueEnd ?? table.bodyStart);
  return text[at - 1] === "\n" ? text.slice(0, at) + line + newline + text.slice(at) : text.slice(0, at) + newline + line + text.slice(at);
}

/** The table with the longest way in common; the root where there is no other. */
function innermostTable(spans: TomlSpans, path: TomlPath): TomlTable {
  const around = spans.tables.filter((table) => samePath(table.path, path.slice(0, table.path.length)));
  return around.reduce((best, table) => (table.path.length > best.path.length ? table : best));
}

/** With the comma that belongs to it. */
function spanInBraces(table: TomlTable, entry: TomlEntry): readonly [number, number] {
  const index = table.entries.indexOf(entry);
  const next = table.entries[index + 1];
  if (next !== undefined) return [entry.start, next.start];
  return [table.entries[index - 1]?.valueEnd ?? entry.start, entry.valueEnd];
}

/** The whole line, or what stands before its comment. */
function spanOfLine(text: string, from: number, to: number): readonly [number, number] {
  const end = lineEnd(text, to);
  const comment = text.slice(to, end).indexOf("#");
  return comment < 0 ? [text.lastIndexOf("\n", from - 1) + 1, end] : [from, to + comment];
}

/** Behind the end of the line that `from` stands in. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : newline + 1;
}

function entryAt(spans: TomlSpans, path: TomlPath): TomlEntry | undefined {
  return spans.tables.flatMap(({ entries }) => entries).find((entry) => samePath(entry.path, path));
}

function samePath(one: TomlPath, other: TomlPath): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

function hasComment(spans: TomlSpans, start: number, end: number): boolean {
  return spans.comments.some((comment) => comment.start >= start && comment.start < end);
}

function keyText(key: string): string {
  return stringify({ [key]: 0 })
    .trimEnd()
    .slice(0, -" = 0".length);
}

function valueText(value: TomlScalar): string {
  return stringify({ x: value }).trimEnd().slice("x = ".length);
}
