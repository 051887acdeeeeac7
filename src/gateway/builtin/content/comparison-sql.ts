import { type Expression, expressionBuilder, type SqlBool, sql } from "kysely";
import type { Comparison } from "./comparison.ts";
import { LIKE_ESCAPE } from "./like-pattern.ts";

type Value = string | number | null;

/** The comparison as SQL; every value is a parameter. */
export function comparisonSql(subject: Expression<Value>, comparison: Comparison): Expression<SqlBool> {
  const eb = expressionBuilder<Record<never, never>, never>();
  switch (comparison.kind) {
    case "compare":
      return eb(subject, comparison.operator, comparison.value);
    case "list":
      return eb(subject, comparison.negated ? "not in" : "in", comparison.values);
    case "like":
      return likeSql(subject, comparison.pattern);
    case "null":
      return eb(subject, comparison.negated ? "is not" : "is", null);
  }
}

/**
 * Both sides are lowered in the database: the engines differ in whether a bare LIKE minds the case.
 *
 * SQLite and Postgres lower A to Z alone, MariaDB and MySQL every letter. Postgres does so by the collation: by the
 * subject's, which is bytes, and for a parameter alone by the database's. So the pattern, never null, is lowered
 * beside the subject, and every text is found as it was written.
 */
export function likeSql(subject: Expression<Value>, pattern: string): Expression<SqlBool> {
  return sql<SqlBool>`lower(${subject}) like lower(coalesce(${pattern}, ${subject})) escape ${sql.lit(LIKE_ESCAPE)}`;
}
