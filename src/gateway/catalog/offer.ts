import { LIST_KINDS, type ListItem, type ListKind } from "./list-item.ts";

export type ServerLists = Readonly<Record<ListKind, readonly ListItem[]>>;

/** What of a server's lists is offered to clients, and what is not. */
export interface Offer {
  readonly lists: ServerLists;
  /** The tools that are held back, by the server's own names. */
  readonly withheld: ReadonlyMap<string, ListItem>;
}

/** Of a server that may not write, the tools that it declares to do so are held back; a tool that declares nothing is not. */
export function offerOf(lists: ServerLists, writeTools: boolean): Offer {
  const withheld = writeTools ? [] : lists.tools.filter(({ writes }) => writes);
  if (withheld.length === 0) return { lists, withheld: new Map() };
  const tools = lists.tools.filter(({ writes }) => !writes);
  return { lists: { ...lists, tools }, withheld: new Map(withheld.map((item) => [item.own, item])) };
}

/** The kinds of lists in which clients see another text than before. */
export function changedKinds(before: Offer | undefined, after: Offer): ListKind[] {
  return LIST_KINDS.filter((kind) => before === undefined || textOf(before.lists[kind]) !== textOf(after.lists[kind]));
}

function textOf(items: readonly ListItem[]): string {
  return items.map((item) => item.text).join("\n");
}
