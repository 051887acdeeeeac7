import { type Expression, expressionBuilder, type Kysely, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import type { Comparison } from "./comparison.ts";
import { comparisonSql, likeSql } from "./comparison-sql.ts";
import { CONTENT_FIELD_NAMES, type CONTENT_SORT_FIELDS, type ContentField, type ContentItem } from "./content-fields.ts";
import { idsBelow } from "./document-tree.ts";
import { literalPattern } from "./like-pattern.ts";
import { asNumber, type NumericCast, parseStoredNumber } from "./numeric-cast.ts";
import { type TemplateVariable, variableValue } from "./template-variable.ts";
import type { Page } from "./tool-result.ts";

type Direction = "asc" | "desc";

/** The value of a template variable, as text or as a number, with or without its default. */
export interface VariableSubject {
  readonly variable: TemplateVariable;
  readonly cast: NumericCast | undefined;
  readonly useDefault: boolean;
}

/** A search whose names are all known and whose values all have the type of what they meet. */
export interface DocumentSearch {
  readonly below: { readonly parent: number; readonly depth: number } | undefined;
  readonly conditions: readonly { readonly field: ContentField; readonly comparison: Comparison }[];
  readonly variableConditions: readonly { readonly subject: VariableSubject; readonly comparison: Comparison }[];
  readonly tagged: { readonly variableId: number; readonly tags: readonly string[] } | undefined;
  readonly variableOrder: readonly { readonly subject: VariableSubject; readonly direction: Direction }[];
  readonly dateOrder: Direction | undefined;
  readonly order: { readonly field: (typeof CONTENT_SORT_FIELDS)[number]; readonly direction: Direction };
  readonly page: Page;
}

type DocumentQuery = SelectQueryBuilder<Schema, "content_document", ContentItem>;

/** Sorted by the variables, then the date, then the field, and by id where all are equal. */
export async function searchDocuments(db: Kysely<Schema>, search: DocumentSearch): Promise<ContentItem[]> {
  const query = conditionsOf(db, search).reduce(
    (filtered, condition) => filtered.where(condition),
    db.selectFrom("content_document").select(CONTENT_FIELD_NAMES) as DocumentQuery,
  );
  return sorted(query, search).limit(search.page.limit).offset(search.page.offset).execute();
}

function conditionsOf(db: Kysely<Schema>, search: DocumentSearch): Expression<SqlBool>[] {
  const conditions = [
    ...search.conditions.map(({ field, comparison }) => comparisonSql(sql.ref(field), comparison)),
    ...search.variableConditions.map(({ subject, comparison }) => comparisonSql(subjectSql(subject), comparison)),
  ];
  if (search.below !== undefined) conditions.push(isBelow(db, search.below.parent, search.below.depth));
  if (search.tagged !== undefined) conditions.push(hasTag(search.tagged.variableId, search.tagged.tags));
  return conditions;
}

function sorted(query: DocumentQuery, search: DocumentSearch): DocumentQuery {
  let result = query;
  for (const { subject, direction } of search.variableOrder) {
    const value = subjectSql(subject);
    result = result.orderBy(sql`case when ${value} is null then 1 else 0 end`).orderBy(value, direction);
  }
  if (search.dateOrder !== undefined)
    result = result.orderBy(sql`case when pub_date > 0 then pub_date else createdon end`, search.dateOrder);
  result = result.orderBy(search.order.field, search.order.direction);
  return search.order.field === "id" ? result : result.orderBy("id");
}

function subjectSql({ variable, cast, useDefault }: VariableSubject): Expression<string | number | null> {
  if (cast === undefined) return variableValue<string>(variable, (value) => value, useDefault ? variable.defaultText : null);
  return variableValue<number>(variable, asNumber, useDefault ? parseStoredNumber(variable.defaultText) : null);
}

function isBelow(db: Kysely<Schema>, parent: number, depth: number): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, "content_document">();
  if (depth === 1) return eb("parent", "=", parent);
  return eb("id", "in", db.selectFrom(idsBelow(db, parent, depth).as("below")).select("below.id"));
}

/**
 * Holds where the variable's value is a list that has any of the tags: "a, b", "a,b" or "a||b".
 *
 * Four plain patterns rather than one around a joined string: MySQL reads the || of SQL as OR.
 */
function hasTag(variableId: number, tags: readonly string[]): Expression<SqlBool> {
  const list = sql<string>`replace(replace(${sql.ref("own.value")}, '||', ','), ', ', ',')`;
  const eb = expressionBuilder<Schema, "content_document">();
  const patterns = tags.map(literalPattern).flatMap((tag) => [tag, `${tag},%`, `%,${tag}`, `%,${tag},%`]);
  return eb.exists(
    eb
      .selectFrom("content_tmplvar_value as own")
      .select("own.id")
      .whereRef("own.contentid", "=", "content_document.id")
      .where("own.tmplvarid", "=", variableId)
      .where((inner) => inner.or(patterns.map((pattern) => likeSql(list, pattern)))),
  );
}
