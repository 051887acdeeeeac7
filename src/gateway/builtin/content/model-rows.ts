import { type Kysely, sql } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import type { Comparison } from "./comparison.ts";
import { comparisonSql } from "./comparison-sql.ts";
import type { Model } from "./model-catalog.ts";
import type { Page } from "./tool-result.ts";

/** Fields are names of the model's allow-list. */
export interface RowQuery {
  readonly conditions: readonly { readonly field: string; readonly comparison: Comparison }[];
  readonly order: { readonly field: string; readonly nullable: boolean; readonly direction: "asc" | "desc" };
  readonly page: Page;
}

export type ModelItem = Readonly<Record<string, unknown>>;

/** Nulls come last in both directions: left alone, the engines disagree. */
export async function listRows(db: Kysely<Schema>, model: Model, query: RowQuery): Promise<readonly ModelItem[]> {
  const { field, nullable, direction } = query.order;
  let rows = rowsOf(db, model);
  for (const condition of query.conditions) rows = rows.where(comparisonSql(sql.ref(condition.field), condition.comparison));
  if (nullable) rows = rows.orderBy(sql`case when ${sql.ref(field)} is null then 1 else 0 end`);
  rows = rows.orderBy(sql.ref(field), direction);
  if (field !== "id") rows = rows.orderBy(sql.ref("id"));
  return rows.limit(query.page.limit).offset(query.page.offset).execute();
}

export async function findRow(db: Kysely<Schema>, model: Model, id: number): Promise<ModelItem | undefined> {
  return rowsOf(db, model).where(sql.ref<number>("id"), "=", id).executeTakeFirst();
}

/** Selects the allow-list and nothing else. */
function rowsOf(db: Kysely<Schema>, model: Model) {
  return db.selectFrom(sql.table(model.table).as("row")).select(Object.keys(model.fields).map((field) => sql.ref(field).as(field)));
}
