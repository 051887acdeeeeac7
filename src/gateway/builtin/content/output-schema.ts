import { z } from "zod";
import { CONTENT_FIELDS } from "./content-fields.ts";
import { TOOLSET_VERSION } from "./content-limits.ts";
import type { FieldSpec } from "./field-spec.ts";

const meta = z.strictObject({
  limit: z.int(),
  offset: z.int(),
  count: z.int(),
  toolsetVersion: z.literal(TOOLSET_VERSION),
});

const contentItem = z.strictObject({
  ...Object.fromEntries(Object.entries(CONTENT_FIELDS).map(([name, spec]) => [name, schemaOf(spec)])),
  tvs: z.record(z.string(), z.string().nullable()).optional(),
});

/** The fields of a model depend on the model. */
const modelItem = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export const contentListOutput = z.strictObject({ items: z.array(contentItem), meta });
export const contentItemOutput = z.strictObject({ item: contentItem, meta });
export const modelListOutput = z.strictObject({ items: z.array(modelItem), meta });
export const modelItemOutput = z.strictObject({ item: modelItem, meta });

function schemaOf(spec: FieldSpec): z.ZodType {
  const value = spec.kind === "text" ? z.string() : spec.kind === "flag" ? z.int().min(0).max(1) : z.int();
  return spec.nullable ? value.nullable() : value;
}
