import { z } from "zod";
import { OPERATORS } from "./comparison.ts";
import { MAX_CONDITIONS, MAX_DEPTH, MAX_INTEGER, MAX_LIMIT, MAX_LIST, MAX_OFFSET, MAX_TEXT, MAX_TVS } from "./content-limits.ts";

/*
 * The arguments that tools share. Every schema has as its error text what it allows;
 * `argument-fault.ts` puts the name and what was given in front.
 */

/** An object that takes no other names. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? names : `an object with ${names}`) });
}

export function whole(min: number, max: number) {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

export function listOf<Item extends z.ZodType>(item: Item, min: number, max: number, what: string) {
  const error = `a list of ${min} to ${max} ${what}`;
  return z.array(item, { error }).min(min, { error }).max(max, { error });
}

export const yesNo = z.boolean({ error: "true or false" });
export const direction = oneOf(["asc", "desc"]);

export const documentId = whole(1, MAX_INTEGER).describe("The document's id");
export const limit = whole(1, MAX_LIMIT).describe(`How many items to return, at most ${MAX_LIMIT}`);
export const offset = whole(0, MAX_OFFSET).default(0).describe("How many items to skip");
export const depth = whole(1, MAX_DEPTH);

const TV_NAME = "[A-Za-z0-9_-]{1,50}";
const tvNameError = "the name of a template variable (1 to 50 of A-Z, a-z, 0-9, _ and -)";
const withTvError = `${tvNameError}, or name:d`;
export const tvName = z.string({ error: tvNameError }).regex(new RegExp(`^${TV_NAME}$`), { error: tvNameError });
export const withTvs = listOf(
  z.string({ error: withTvError }).regex(new RegExp(`^${TV_NAME}(:d)?$`), { error: withTvError }),
  0,
  MAX_TVS,
  `texts: ${withTvError}`,
)
  .optional()
  .describe('Template variables to add as `tvs`: "name", or "name:d" for its default where the document has no value');

export const operator = oneOf(OPERATORS).describe(
  "like: contains; like-l: ends with; like-r: starts with (% and _ are literal, case does not matter); in, not_in take a list; null, !null take no value. A comparison never matches null",
);

const scalarError = `a text of at most ${MAX_TEXT} characters, a number within 2^53, true or false`;
const scalar = z.union(
  [
    z.string({ error: scalarError }).max(MAX_TEXT, { error: scalarError }),
    z
      .number({ error: scalarError })
      .min(Number.MIN_SAFE_INTEGER, { error: scalarError })
      .max(Number.MAX_SAFE_INTEGER, { error: scalarError }),
    z.boolean({ error: scalarError }),
  ],
  { error: scalarError },
);
const valueError = `${scalarError}; or a list of 1 to ${MAX_LIST} of them`;
export const comparedValue = z.union([scalar, listOf(scalar, 1, MAX_LIST, "values")], { error: valueError }).optional();

/** `{where: [{field, op, value}]}` over the fields that `field` allows. */
export function filtersOver<Field extends z.ZodType<string>>(field: Field) {
  const condition = closed({ field, op: operator, value: comparedValue });
  return closed({ where: listOf(condition, 0, MAX_CONDITIONS, "conditions {field, op, value}") })
    .optional()
    .describe("Conditions that all must hold");
}
