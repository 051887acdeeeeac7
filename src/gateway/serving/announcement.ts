import type { ListKind } from "../catalog/list-item.ts";
import type { ListChangedMethod } from "../upstream/upstream.ts";

const CHANGED: Readonly<Record<ListKind, ListChangedMethod>> = {
  tools: "notifications/tools/list_changed",
  prompts: "notifications/prompts/list_changed",
  resources: "notifications/resources/list_changed",
  resourceTemplates: "notifications/resources/list_changed",
};

/** The notifications that tell a client that these lists are not what they were, each once. */
export function listChangedMethods(kinds: readonly ListKind[]): ListChangedMethod[] {
  return [...new Set(kinds.map((kind) => CHANGED[kind]))];
}
