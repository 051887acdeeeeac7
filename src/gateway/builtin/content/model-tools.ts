import { z } from "zod";
import { invalidArgument } from "./argument-fault.ts";
import * as arg from "./argument-schema.ts";
import { parseComparison } from "./comparison.ts";
import { MAX_INTEGER } from "./content-limits.ts";
import { type ContentTool, defineTool } from "./content-tool.ts";
import type { FieldSpec } from "./field-spec.ts";
import { MODEL_NAMES, MODELS, type Model, type ModelName } from "./model-catalog.ts";
import { findRow, listRows } from "./model-rows.ts";
import { modelItemOutput, modelListOutput } from "./output-schema.ts";
import { itemResult, listResult, notFoundResult } from "./tool-result.ts";

const modelName = arg.oneOf(MODEL_NAMES as readonly [ModelName, ...ModelName[]]).describe("The kind of record");
const field = z.string({ error: "the name of a field of the model" });

const FIELDS_OF_MODELS = MODEL_NAMES.map((name) => `${name}: ${fieldNames(MODELS[name])}`).join("; ");

const listTool = defineTool({
  name: "evo.model.list",
  title: "List records of a model",
  description: `Read the records of one model of the site (templates, template variables, snippets, users, roles…), filtered, sorted and paged. Fields by model: ${FIELDS_OF_MODELS}. Dates are Unix seconds, 0 where not set; flags are 0 or 1.`,
  input: arg.closed({
    model: modelName,
    filters: arg.filtersOver(field),
    order_by: field.default("id").describe("A field of the model"),
    order_dir: arg.direction.default("asc"),
    limit: arg.limit,
    offset: arg.offset,
  }),
  output: modelListOutput,
  async run(db, args) {
    const model: Model = MODELS[args.model];
    const conditions = (args.filters?.where ?? []).map((raw, index) => {
      const path = ["filters", "where", index];
      return { field: raw.field, comparison: parseComparison(path, raw, requireField(model, [...path, "field"], raw.field)) };
    });
    const { nullable } = requireField(model, ["order_by"], args.order_by);
    const order = { field: args.order_by, nullable, direction: args.order_dir };
    return listResult(await listRows(db, model, { conditions, order, page: args }), args);
  },
});

const getTool = defineTool({
  name: "evo.model.get",
  title: "Get one record of a model",
  description: "Read one record of a model by its id; evo.model.list says which models and fields there are.",
  input: arg.closed({ model: modelName, id: arg.whole(1, MAX_INTEGER).describe("The record's id") }),
  output: modelItemOutput,
  async run(db, { model, id }) {
    const row = await findRow(db, MODELS[model], id);
    return row === undefined ? notFoundResult(`No ${model} has the id ${id}`) : itemResult(row);
  },
});

export const modelTools: readonly ContentTool[] = [listTool, getTool];

/** What the allow-list says of a field. Throws -32602 for every other name, a column of the table or not. */
function requireField(model: Model, path: readonly PropertyKey[], name: string): FieldSpec {
  const spec = Object.hasOwn(model.fields, name) ? model.fields[name] : undefined;
  if (spec === undefined) throw invalidArgument(path, name, `one of ${fieldNames(model)}`);
  return spec;
}

function fieldNames(model: Model): string {
  return Object.keys(model.fields).join(", ");
}
