import { z } from "zod";
import * as arg from "./argument-schema.ts";
import { CONTENT_FIELD_NAMES, CONTENT_SORT_FIELDS, type ContentField } from "./content-fields.ts";
import { MAX_CONDITIONS, MAX_INTEGER, MAX_TAGS, MAX_TV_ORDERS } from "./content-limits.ts";
import { CAST_ALLOWED } from "./numeric-cast.ts";

const cast = z
  .string({ error: CAST_ALLOWED })
  .regex(/^(UNSIGNED|SIGNED|DECIMAL\(\d{1,2},\d{1,2}\))$/, { error: CAST_ALLOWED })
  .optional()
  .describe("Read the value as a number; values that are none match nothing and sort last");
const useDefault = arg.yesNo.default(false).describe("Take the variable's default where the document has no value");

const tvFilter = arg.closed({ tv: arg.tvName, op: arg.operator, value: arg.comparedValue, cast, use_default: useDefault });
const tvOrder = arg.closed({ tv: arg.tvName, dir: arg.direction.default("asc"), cast, use_default: useDefault });

const tagError = "a tag of 1 to 100 characters without comma, | or NUL";
const tag = z
  .string({ error: tagError })
  .trim()
  .min(1, { error: tagError })
  .max(100, { error: tagError })
  .refine((text) => ![",", "|", "\u0000"].some((char) => text.includes(char)), { error: tagError });

export const searchInput = arg.closed({
  parent: arg.whole(0, MAX_INTEGER).optional().describe("Only documents under this one; 0 is the root of the site"),
  depth: arg.depth.optional().describe("With parent: how many levels under it to search (1, its children, where left out)"),
  published: arg.yesNo.optional(),
  deleted: arg.yesNo.optional().describe("Left out: documents in the bin are not searched"),
  template: arg.whole(0, MAX_INTEGER).optional().describe("Only documents of this template id"),
  hidemenu: arg.yesNo.optional().describe("Whether menus leave the document out"),
  filters: arg.filtersOver(arg.oneOf(CONTENT_FIELD_NAMES as readonly [ContentField, ...ContentField[]])),
  with_tvs: arg.withTvs,
  tv_filters: arg
    .listOf(tvFilter, 0, MAX_CONDITIONS, "conditions {tv, op, value, cast, use_default}")
    .optional()
    .describe("Conditions on template variables that all must hold"),
  tv_order: arg
    .listOf(tvOrder, 0, MAX_TV_ORDERS, "orders {tv, dir, cast, use_default}")
    .optional()
    .describe("Sort by template variables first; documents without a value come last"),
  tags_data: arg
    .closed({
      tv_id: arg.whole(1, MAX_INTEGER).describe("The template variable that holds a list of tags"),
      tags: arg.listOf(tag, 1, MAX_TAGS, "tags"),
    })
    .optional()
    .describe("Only documents that have any of these tags"),
  order_by: arg.oneOf(CONTENT_SORT_FIELDS).default("id"),
  order_dir: arg.direction.default("asc"),
  order_by_date: arg.direction.optional().describe("Sort by publication date, or creation date where none is set, before order_by"),
  limit: arg.limit,
  offset: arg.offset,
});

export type SearchArguments = z.output<typeof searchInput>;
