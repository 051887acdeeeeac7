import { createLocator, type Span, splice } from "../../mcp/json-span.ts";
import type { Propagated } from "./request-span.ts";

const KEYS = ["traceparent", "tracestate", "baggage"] as const;
const locate = createLocator(["_meta"], ...KEYS.map((key) => ["_meta", key]));

/**
 * The params of a request with the context of a trace in their `_meta`, all else byte for byte: values that stand there are
 * replaced, and where `insert` says so those that do not are put there. A `_meta` that is no object stays.
 */
export function paramsWithTrace(paramsText: string | undefined, context: Propagated, insert: boolean): string | undefined {
  const wanted = KEYS.flatMap((key) => (context[key] === undefined ? [] : [[key, JSON.stringify(context[key])] as const]));
  if (wanted.length === 0) return paramsText;
  if (paramsText === undefined) return insert ? `{"_meta":{${membersOf(wanted)}}}` : undefined;
  // A key may be written with escapes.
  if (!insert && !KEYS.some((key) => paramsText.includes(key)) && !paramsText.includes("\\u")) return paramsText;
  const [meta, ...spans] = locate(paramsText).spans;
  const spanOf = (key: (typeof KEYS)[number]) => spans[KEYS.indexOf(key)];
  const missing = insert ? wanted.filter(([key]) => spanOf(key) === undefined) : [];
  const present = wanted.flatMap(([key, value]) => {
    const span = spanOf(key);
    return span === undefined ? [] : [{ span, value }];
  });
  // From behind, so that what stands before keeps its place; what is inserted stands before all of them.
  const later = present.sort((one, other) => other.span.start - one.span.start);
  const replaced = later.reduce((text, { span, value }) => splice(text, span, value), paramsText);
  return missing.length === 0 ? replaced : inserted(replaced, meta, missing);
}

type Members = readonly (readonly [key: string, value: string])[];

function inserted(text: string, meta: Span | undefined, members: Members): string {
  if (meta === undefined) return insertedAt(text, text.indexOf("{") + 1, `"_meta":{${membersOf(members)}}`);
  return text[meta.start] === "{" ? insertedAt(text, meta.start + 1, membersOf(members)) : text;
}

/** Members at the beginning of an object, whose first one stands at `at` or behind white space. */
function insertedAt(text: string, at: number, members: string): string {
  const rest = text.slice(at);
  const separator = /^\s*\}/.test(rest) ? "" : ",";
  return text.slice(0, at) + members + separator + rest;
}

function membersOf(members: Members): string {
  return members.map(([key, value]) => `"${key}":${value}`).join(",");
}
