import { advertisedName } from "../../../src/gateway/catalog/advertised-name.ts";
import { createLocator, elementsOf, splice } from "../../../src/mcp/json-span.ts";
import type { RawClient } from "./raw-client.ts";

/** The lists of a server, and the key that names an entry of each. */
export const LISTS = {
  "tools/list": ["tools", "name"],
  "prompts/list": ["prompts", "name"],
  "resources/list": ["resources", "uri"],
  "resources/templates/list": ["resourceTemplates", "uriTemplate"],
} as const;

export type ListMethod = keyof typeof LISTS;

/** An entry as the text it is. */
export interface Item {
  readonly name: string;
  readonly text: string;
}

/** The entries of all pages of a list; none where the server has no such list. */
export async function itemsOf(client: RawClient, method: ListMethod): Promise<readonly Item[]> {
  const items: Item[] = [];
  let params = "{}";
  for (;;) {
    const { answer } = await client.ask(method, params);
    items.push(...pageItems(answer, method));
    const cursor = (JSON.parse(answer) as { readonly result?: { readonly nextCursor?: string } }).result?.nextCursor;
    if (cursor === undefined) return items;
    params = JSON.stringify({ cursor });
  }
}

function pageItems(answer: string, method: ListMethod): Item[] {
  const [key, nameKey] = LISTS[method];
  const [span] = createLocator(["result", key])(answer).spans;
  if (span === undefined) return [];
  return elementsOf(answer, span.start).map(({ start, end }) => {
    const text = answer.slice(start, end);
    return { name: (JSON.parse(text) as Record<string, string>)[nameKey] ?? "", text };
  });
}

/** The same entry as a project lists it: under another name, and everything else untouched. */
export function asAdvertised({ name, text }: Item, handle: string): Item {
  const [span] = createLocator(["name"])(text).spans;
  const advertised = advertisedName(handle, name);
  return { name: advertised, text: span === undefined ? text : splice(text, span, JSON.stringify(advertised)) };
}
