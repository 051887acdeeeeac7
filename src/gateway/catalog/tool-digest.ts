import { hash } from "node:crypto";
import { isNestedDeeper } from "../../core/json-depth.ts";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import { createLocator } from "../../mcp/json-span.ts";
import type { ListItem } from "./list-item.ts";

/** No schema that is meant is deeper. */
const MAX_DEPTH = 200;

const locateName = createLocator(["name"]);

/**
 * The tool in the one text that its digest is of, which is also what clients are to get of it: in a text that says a thing
 * twice they might read another definition than the one that was approved. Undefined: it is nested too deep for any digest.
 */
export function canonicalTool(tool: ListItem): ListItem | undefined {
  if (isNestedDeeper(tool.text, MAX_DEPTH)) return undefined;
  const text = canonicalJson(JSON.parse(tool.text));
  const [nameSpan] = locateName(text).spans;
  return nameSpan === undefined ? undefined : { ...tool, text, nameSpan };
}

/** SHA-256 of its text, in hex. */
export function toolDigest(canonical: ListItem): string {
  return hash("sha256", canonical.text, "hex");
}
