import { type Expression, expressionBuilder, type Kysely, type RawBuilder, sql } from "kysely";
import { AppError } from "../../../core/app-error.ts";
import type { Schema } from "../../../store/schema.ts";
import { invalidArgument } from "./argument-fault.ts";
import type { ContentItem } from "./content-fields.ts";

export interface TemplateVariable {
  readonly id: number;
  readonly name: string;
  readonly defaultText: string | null;
}

/** A variable to add to each document, with its default where the document has no value of its own. */
export interface WantedVariable {
  readonly variable: TemplateVariable;
  readonly useDefault: boolean;
}

/** Where an argument names a variable. */
export interface NamedVariable {
  readonly path: readonly PropertyKey[];
  readonly name: string;
}

const MAX_NAMES_SHOWN = 30;

/** Gives a variable that was looked up before. */
export type VariableLookup = (name: string) => TemplateVariable;

/** Looks the named variables up in one query. Throws -32602 that lists the known names where one is unknown. */
export async function findVariables(db: Kysely<Schema>, named: readonly NamedVariable[]): Promise<VariableLookup> {
  if (named.length === 0) return lookupIn(new Map());
  const names = [...new Set(named.map((each) => each.name))];
  const rows = await db
    .selectFrom("content_tmplvar")
    .select(["id", "name", "default_text as defaultText"])
    .where("name", "in", names)
    .execute();
  const found = new Map(rows.map((row) => [row.name, row]));
  const unknown = named.find((each) => !found.has(each.name));
  if (unknown !== undefined) throw invalidArgument(unknown.path, unknown.name, await knownNames(db));
  return lookupIn(found);
}

function lookupIn(found: ReadonlyMap<string, TemplateVariable>): VariableLookup {
  return (name) => {
    const variable = found.get(name);
    if (variable === undefined) throw new AppError("internal", "VARIABLE_NOT_LOOKED_UP", `The template variable ${name} was not looked up`);
    return variable;
  };
}

/** Throws -32602 where no variable has the id. */
export async function requireVariableId(db: Kysely<Schema>, path: readonly PropertyKey[], id: number): Promise<void> {
  const row = await db.selectFrom("content_tmplvar").select("id").where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw invalidArgument(path, id, "the id of a template variable (evo.model.list SiteTmplvar lists them)");
}

/** The `with_tvs` argument: `name:d` asks for the default too. */
export async function resolveWanted(db: Kysely<Schema>, withTvs: readonly string[] | undefined): Promise<readonly WantedVariable[]> {
  if (withTvs === undefined) return [];
  const asked = withTvs.map((entry, index) => ({ path: ["with_tvs", index], name: nameOf(entry), useDefault: entry !== nameOf(entry) }));
  const lookup = await findVariables(db, asked);
  return [...new Set(asked.map((each) => each.name))].map((name) => ({
    variable: lookup(name),
    useDefault: asked.some((each) => each.name === name && each.useDefault),
  }));
}

/** The documents with their `tvs`; unchanged where none are wanted. */
export async function withVariables(
  db: Kysely<Schema>,
  items: readonly ContentItem[],
  wanted: readonly WantedVariable[],
): Promise<readonly ContentItem[]> {
  if (wanted.length === 0 || items.length === 0) return items;
  const rows = await db
    .selectFrom("content_tmplvar_value")
    .select(["contentid", "tmplvarid", "value"])
    .where(
      "contentid",
      "in",
      items.map((item) => item.id),
    )
    .where(
      "tmplvarid",
      "in",
      wanted.map((each) => each.variable.id),
    )
    .execute();
  const values = new Map(rows.map((row) => [`${row.contentid}/${row.tmplvarid}`, row.value]));
  return items.map((item) => ({ ...item, tvs: variablesOf(item.id, wanted, values) }));
}

/**
 * The value of a variable as an expression beside `content_document`: `read` of the document's own
 * value, null where it has none, or `fallback` there if that is given.
 */
export function variableValue<T extends string | number>(
  variable: TemplateVariable,
  read: (value: Expression<string>) => Expression<T | null>,
  fallback?: T | null,
): RawBuilder<T | null> {
  const own = expressionBuilder<Schema, "content_document">()
    .selectFrom("content_tmplvar_value as own")
    .whereRef("own.contentid", "=", "content_document.id")
    .where("own.tmplvarid", "=", variable.id);
  const value = own.select(sql<T | null>`${read(sql.ref<string>("own.value"))}`.as("value"));
  if (fallback === undefined || fallback === null) return sql<T | null>`${value}`;
  return sql<T | null>`case when exists ${own.select("own.id")} then ${value} else ${fallback} end`;
}

function variablesOf(id: number, wanted: readonly WantedVariable[], values: ReadonlyMap<string, string>): Record<string, string | null> {
  return Object.fromEntries(
    wanted.map(({ variable, useDefault }) => [
      variable.name,
      values.get(`${id}/${variable.id}`) ?? (useDefault ? variable.defaultText : null),
    ]),
  );
}

function nameOf(entry: string): string {
  return entry.endsWith(":d") ? entry.slice(0, -2) : entry;
}

async function knownNames(db: Kysely<Schema>): Promise<string> {
  const rows = await db.selectFrom("content_tmplvar").select("name").orderBy("rank").orderBy("id").limit(MAX_NAMES_SHOWN).execute();
  return `a template variable: ${rows.map((row) => row.name).join(", ")}`;
}
