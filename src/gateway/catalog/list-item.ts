import { METHOD_NOT_FOUND } from "../../mcp/json-rpc.ts";
import { createLocator, elementsOf, type Span, splice } from "../../mcp/json-span.ts";

/** The lists a server may have, and the key that names an entry of each. */
export const LISTS = {
  tools: { method: "tools/list", capability: "tools", nameKey: "name" },
  prompts: { method: "prompts/list", capability: "prompts", nameKey: "name" },
  resources: { method: "resources/list", capability: "resources", nameKey: "uri" },
  resourceTemplates: { method: "resources/templates/list", capability: "resources", nameKey: "uriTemplate" },
} as const;

export type ListKind = keyof typeof LISTS;

export const LIST_KINDS = Object.keys(LISTS) as ListKind[];

/** One entry of a list, as the JSON text that the server sent: what we do not know passes on unchanged. */
export interface ListItem {
  /** The server's own name for it: a name, a URI, or a URI template. */
  readonly own: string;
  /** What clients of this server alone call it; it stands in the text. */
  readonly shown: string;
  readonly text: string;
  readonly nameSpan: Span;
  /** A tool of which its server says that it writes. */
  readonly writes: boolean;
  /** A tool of which its server says that calling it twice does no harm. */
  readonly repeatable: boolean;
}

/** The entry's text under another name. */
export function renamed(item: ListItem, name: string): string {
  return name === item.shown ? item.text : splice(item.text, item.nameSpan, JSON.stringify(name));
}

const TOOL = createLocator(["name"], ["description"]);

/** The tool as clients are to see it: under this name, and with another description where one is given. */
export function presented(item: ListItem, shown: string, description: string | undefined): ListItem {
  if (shown === item.shown && description === undefined) return item;
  const text = described(renamed(item, shown), description);
  const nameSpan = TOOL(text).spans[0];
  return nameSpan === undefined ? item : { ...item, shown, text, nameSpan };
}

function described(text: string, description: string | undefined): string {
  if (description === undefined) return text;
  const { spans, duplicate } = TOOL(text);
  const [name, known] = spans;
  // Readers differ in which of two they would show.
  if (duplicate || name === undefined) return JSON.stringify({ ...(JSON.parse(text) as object), description });
  if (known !== undefined) return splice(text, known, JSON.stringify(description));
  return splice(text, { start: name.end, end: name.end }, `,"description":${JSON.stringify(description)}`);
}

const PAGE = Object.fromEntries(LIST_KINDS.map((kind) => [kind, createLocator(["result", kind])]));
const NAME = Object.fromEntries(LIST_KINDS.map((kind) => [kind, createLocator([LISTS[kind].nameKey])]));

/** Reads one page of a list from the text of an answer. Entries without a usable name are left out. Undefined: no list in it. */
export function readPage(kind: ListKind, answer: string): { items: ListItem[]; nextCursor: string | undefined } | undefined {
  const result = (JSON.parse(answer) as { result?: Record<string, unknown> }).result;
  const span = PAGE[kind]?.(answer).spans[0];
  const values = result?.[kind];
  if (result === undefined || span === undefined || !Array.isArray(values)) return undefined;
  const items = elementsOf(answer, span.start).flatMap(({ start, end }, index) => itemOf(kind, answer.slice(start, end), values[index]));
  return { items, nextCursor: typeof result.nextCursor === "string" ? result.nextCursor : undefined };
}

/** Whether the answer to a list says that the server has no such method. */
export function isUnknownMethod(answer: string): boolean {
  return (JSON.parse(answer) as { error?: { code?: unknown } }).error?.code === METHOD_NOT_FOUND;
}

function itemOf(kind: ListKind, text: string, value: unknown): ListItem[] {
  const own = (value as Record<string, unknown> | null)?.[LISTS[kind].nameKey];
  const located = NAME[kind]?.(text);
  const nameSpan = located?.spans[0];
  if (typeof own !== "string" || own === "" || nameSpan === undefined || located?.duplicate === true) return [];
  return [{ own, shown: own, text, nameSpan, ...(kind === "tools" ? hintsOf(value) : NO_HINTS) }];
}

const NO_HINTS = { writes: false, repeatable: false };

/** What a server leaves unsaid is not guessed: the protocol's own defaults would make a writer of every bare tool. */
function hintsOf(tool: unknown): typeof NO_HINTS {
  const { annotations } = tool as { annotations?: Readonly<Record<string, unknown>> | null };
  const { readOnlyHint, destructiveHint, idempotentHint } = annotations ?? {};
  return {
    writes: readOnlyHint === false || destructiveHint === true,
    repeatable: readOnlyHint === true || idempotentHint === true,
  };
}
