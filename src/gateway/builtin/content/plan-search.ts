import type { Kysely } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import { invalidArgument } from "./argument-fault.ts";
import { parseComparison } from "./comparison.ts";
import { CONTENT_FIELDS, type ContentField } from "./content-fields.ts";
import { CAST_ALLOWED, type NumericCast, parseCast } from "./numeric-cast.ts";
import type { SearchArguments } from "./search-arguments.ts";
import type { DocumentSearch, VariableSubject } from "./search-documents.ts";
import { findVariables, type NamedVariable, requireVariableId, type VariableLookup } from "./template-variable.ts";

/**
 * Turns well-formed arguments into a search. Throws -32602 where a template variable is unknown or a
 * value does not suit its field, operator or cast.
 */
export async function planSearch(db: Kysely<Schema>, args: SearchArguments): Promise<DocumentSearch> {
  if (args.depth !== undefined && args.parent === undefined)
    throw invalidArgument(["depth"], args.depth, "depth only together with parent");
  const variables = await findVariables(db, [...named("tv_filters", args.tv_filters), ...named("tv_order", args.tv_order)]);
  if (args.tags_data !== undefined) await requireVariableId(db, ["tags_data", "tv_id"], args.tags_data.tv_id);
  return {
    below: args.parent === undefined ? undefined : { parent: args.parent, depth: args.depth ?? 1 },
    conditions: [...stateConditions(args), ...fieldConditions(args)],
    variableConditions: variableConditions(args, variables),
    tagged: args.tags_data === undefined ? undefined : { variableId: args.tags_data.tv_id, tags: args.tags_data.tags },
    variableOrder: variableOrder(args, variables),
    dateOrder: args.order_by_date,
    order: { field: args.order_by, direction: args.order_dir },
    page: args,
  };
}

function fieldConditions(args: SearchArguments): DocumentSearch["conditions"] {
  return (args.filters?.where ?? []).map((raw, index) => ({
    field: raw.field,
    comparison: parseComparison(["filters", "where", index], raw, CONTENT_FIELDS[raw.field]),
  }));
}

/** The plain arguments; a filter on `deleted` says itself whether the bin is searched. */
function stateConditions(args: SearchArguments): DocumentSearch["conditions"] {
  const asksForDeleted = args.filters?.where.some((each) => each.field === "deleted") ?? false;
  const states: readonly (readonly [ContentField, boolean | number | undefined])[] = [
    ["published", args.published],
    ["deleted", args.deleted ?? (asksForDeleted ? undefined : false)],
    ["hidemenu", args.hidemenu],
    ["template", args.template],
  ];
  return states.flatMap(([field, value]) =>
    value === undefined ? [] : [{ field, comparison: { kind: "compare", operator: "=", value: Number(value) } as const }],
  );
}

function variableConditions(args: SearchArguments, variables: VariableLookup): DocumentSearch["variableConditions"] {
  return (args.tv_filters ?? []).map((raw, index) => {
    const path = ["tv_filters", index];
    const subject = subjectOf(path, raw, variables);
    const kind = subject.cast === undefined ? ({ kind: "text" } as const) : ({ kind: "cast", cast: subject.cast } as const);
    return { subject, comparison: parseComparison(path, raw, kind) };
  });
}

function variableOrder(args: SearchArguments, variables: VariableLookup): DocumentSearch["variableOrder"] {
  return (args.tv_order ?? []).map((raw, index) => ({ subject: subjectOf(["tv_order", index], raw, variables), direction: raw.dir }));
}

interface RawSubject {
  readonly tv: string;
  readonly cast?: string | undefined;
  readonly use_default: boolean;
}

function subjectOf(path: readonly PropertyKey[], raw: RawSubject, variables: VariableLookup): VariableSubject {
  return { variable: variables(raw.tv), cast: castOf(path, raw.cast), useDefault: raw.use_default };
}

function castOf(path: readonly PropertyKey[], raw: string | undefined): NumericCast | undefined {
  if (raw === undefined) return undefined;
  const parsed = parseCast(raw);
  if (parsed === undefined) throw invalidArgument([...path, "cast"], raw, CAST_ALLOWED);
  return parsed;
}

function named(argument: "tv_filters" | "tv_order", entries: readonly { readonly tv: string }[] | undefined): NamedVariable[] {
  return (entries ?? []).map(({ tv }, index) => ({ path: [argument, index, "tv"], name: tv }));
}
