import { type ReferenceExpression, type SelectQueryBuilder, sql } from "kysely";
import type { PageRequest } from "./page.ts";

/**
 * Orders by the sort column, then by id, and begins behind the cursor: rows that come or go meanwhile move nothing.
 * Asks for one row more than the page holds.
 */
export function pageQuery<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  request: PageRequest,
  columns: { readonly sort: string; readonly id: string; readonly name?: string },
): SelectQueryBuilder<DB, TB, O> {
  const { limit, after, sort, names } = request;
  const ref = (column: string) => column as ReferenceExpression<DB, TB> & string;
  const direction = sort.descending ? "desc" : "asc";
  let page = query
    .orderBy(sql.ref(columns.sort), direction)
    .orderBy(sql.ref(columns.id), direction)
    .limit(limit + 1);
  if (after !== undefined) {
    const beyond = sort.descending ? "<" : ">";
    page = page.where((eb) =>
      eb.or([
        eb(ref(columns.sort), beyond, after.value as never),
        eb.and([eb(ref(columns.sort), "=", after.value as never), eb(ref(columns.id), beyond, after.id as never)]),
      ]),
    );
  }
  if (names !== undefined && columns.name !== undefined) {
    page = names.size === 0 ? page.where(sql<boolean>`1 = 0`) : page.where(ref(columns.name), "in", [...names] as never);
  }
  return page;
}
