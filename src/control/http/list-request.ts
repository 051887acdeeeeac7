import { afterOf, type PageRequest } from "../page/page.ts";
import { parseSort } from "../page/page-cursor.ts";

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** One of the endpoint's fields, `-` before it for descending: its schema has said so. */
  readonly sort: string;
}

/** The part of a list that a query asks for. Throws `invalid`/`CURSOR_INVALID`. */
export function listRequest<Field extends string>({ limit, cursor, sort }: ListQuery): Omit<PageRequest<Field>, "names"> {
  return { limit, after: afterOf(cursor), sort: parseSort(sort as Field) };
}
