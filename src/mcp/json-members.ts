/**
 * Takes members out of the text of a JSON object and puts members in, while all others keep their bytes: numbers that no
 * reader could hold, escapes, what nobody knows. The text must already have passed JSON.parse.
 */
import { entriesOf } from "./json-span.ts";

/** The object without the members whose keys `drop` takes; the same text where there are none. */
export function withoutMembers(objectText: string, drop: (key: string) => boolean): string {
  const entries = entriesOf(objectText, objectText.indexOf("{"));
  const kept = entries.filter(({ key }) => !drop(key));
  if (kept.length === entries.length) return objectText;
  return `{${kept.map(({ key, span }) => memberText(key, objectText.slice(span.start, span.end))).join(",")}}`;
}

/** The object with these members before its own, which must not have their keys. */
export function withMembers(objectText: string, members: readonly string[]): string {
  if (members.length === 0) return objectText;
  const start = objectText.indexOf("{") + 1;
  const rest = objectText.slice(start);
  return `{${members.join(",")}${rest.trimStart().startsWith("}") ? "" : ","}${rest}`;
}

/** The text of a member of an object. */
export function memberText(key: string, valueText: string): string {
  return `${JSON.stringify(key)}:${valueText}`;
}
