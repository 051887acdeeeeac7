import { type ParamHeader, scanParamHeaders } from "../../mcp/eras/2026-07-28/param-headers.ts";
import type { ListItem } from "./list-item.ts";

const KEY = "x-mcp-header";
const NONE: readonly ParamHeader[] = [];
const known = new WeakMap<ListItem, readonly ParamHeader[]>();

/** The arguments of a listed tool that travel in headers too. Its text is read once. */
export function declaredParamHeaders(tool: ListItem): readonly ParamHeader[] {
  const found = known.get(tool) ?? read(tool.text);
  known.set(tool, found);
  return found;
}

function read(text: string): readonly ParamHeader[] {
  // A key may be written with escapes.
  if (!text.includes(KEY) && !text.includes("\\u")) return NONE;
  const scan = scanParamHeaders((JSON.parse(text) as { inputSchema?: unknown }).inputSchema);
  return "fault" in scan ? NONE : scan.declared;
}
