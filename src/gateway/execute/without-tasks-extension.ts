import { META } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import { createLocator, splice } from "../../mcp/json-span.ts";
import { TASKS_EXTENSION } from "./discover.ts";

const locate = createLocator(["_meta", META.clientCapabilities, "extensions"]);

/** The params without the client's word that it takes tasks in place of results: who would ask for a task later would not find its server. */
export function withoutTasksExtension(paramsText: string | undefined): string | undefined {
  if (paramsText === undefined || !(paramsText.includes(TASKS_EXTENSION) || paramsText.includes("\\u"))) return paramsText;
  const [span] = locate(paramsText).spans;
  if (span === undefined) return paramsText;
  const extensions = JSON.parse(paramsText.slice(span.start, span.end)) as Record<string, unknown>;
  if (typeof extensions !== "object" || extensions === null || !Object.hasOwn(extensions, TASKS_EXTENSION)) return paramsText;
  const { [TASKS_EXTENSION]: _, ...kept } = extensions;
  return splice(paramsText, span, JSON.stringify(kept));
}
