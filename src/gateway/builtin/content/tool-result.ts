import { TOOLSET_VERSION } from "./content-limits.ts";

/** The `result` of tools/call. */
export type ToolResult = Record<string, unknown>;

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A page of items; `meta.count` is how many this page holds, not how many there are. */
export function listResult(items: readonly unknown[], page: Page): ToolResult {
  const { limit, offset } = page;
  return structured({ items, meta: { limit, offset, count: items.length, toolsetVersion: TOOLSET_VERSION } });
}

export function itemResult(item: unknown): ToolResult {
  return structured({ item, meta: { limit: 1, offset: 0, count: 1, toolsetVersion: TOOLSET_VERSION } });
}

/** The arguments are well formed but name nothing: an error of the tool, which a model can read and act on. */
export function notFoundResult(what: string): ToolResult {
  return { content: [{ type: "text", text: what }], isError: true };
}

export function noSuchDocument(id: number): ToolResult {
  return notFoundResult(`No document has the id ${id}`);
}

function structured(structuredContent: Readonly<Record<string, unknown>>): ToolResult {
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
