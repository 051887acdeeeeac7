import { type Cursor, decodeCursor, encodeCursor, type Sort } from "./page-cursor.ts";

/** Which part of a list is asked for. */
export interface PageRequest<Field extends string = string> {
  readonly limit: number;
  readonly after: Cursor | undefined;
  readonly sort: Sort<Field>;
  /** Names that the caller may see; undefined: all. Filtering in the query keeps pages full. */
  readonly names: ReadonlySet<string> | undefined;
}

/** One more than was asked for tells whether there is another page. */
export function cutPage<Item>(items: readonly Item[], limit: number, cursorOf: (item: Item) => Cursor) {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, nextCursor: items.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}

export function afterOf(cursor: string | undefined): Cursor | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor);
}
