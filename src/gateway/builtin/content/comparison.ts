import { invalidArgument } from "./argument-fault.ts";
import { MAX_INTEGER, MAX_LIST, MAX_TEXT } from "./content-limits.ts";
import type { FieldKind } from "./field-spec.ts";
import { literalPattern } from "./like-pattern.ts";
import { type NumericCast, parseCastValue } from "./numeric-cast.ts";

export const COMPARE_OPERATORS = ["=", "!=", ">", ">=", "<", "<="] as const;
export const OPERATORS = [...COMPARE_OPERATORS, "in", "not_in", "like", "like-l", "like-r", "null", "!null"] as const;

type CompareOperator = (typeof COMPARE_OPERATORS)[number];
type LikeOperator = "like" | "like-l" | "like-r";
export type Operator = (typeof OPERATORS)[number];

export type Scalar = string | number | boolean;

/** What a column is to be compared with, in the type of that column. */
export type Comparison =
  | { readonly kind: "compare"; readonly operator: CompareOperator; readonly value: string | number }
  | { readonly kind: "list"; readonly negated: boolean; readonly values: readonly (string | number)[] }
  | { readonly kind: "like"; readonly pattern: string }
  | { readonly kind: "null"; readonly negated: boolean };

/** What stands on the left: a column of one kind, or text read as a number. */
export type Subject = { readonly kind: FieldKind } | { readonly kind: "cast"; readonly cast: NumericCast };

interface RawComparison {
  readonly op: Operator;
  readonly value?: Scalar | readonly Scalar[] | undefined;
}

/**
 * Gives the comparison its meaning for `subject`. `path` names the condition in a fault.
 *
 * Throws -32602 where the operator takes another value, or none, or does not suit the subject.
 */
export function parseComparison(path: readonly PropertyKey[], raw: RawComparison, subject: Subject): Comparison {
  const valuePath = [...path, "value"];
  switch (raw.op) {
    case "null":
    case "!null":
      if (raw.value !== undefined) throw invalidArgument(valuePath, raw.value, `no value with the operator ${raw.op}`);
      return { kind: "null", negated: raw.op === "!null" };
    case "in":
    case "not_in":
      return { kind: "list", negated: raw.op === "not_in", values: parseList(valuePath, raw, subject) };
    case "like":
    case "like-l":
    case "like-r":
      if (subject.kind !== "text")
        throw invalidArgument([...path, "op"], raw.op, `${OPERATORS.filter((op) => !op.startsWith("like")).join(", ")} for a number`);
      return { kind: "like", pattern: likePattern(raw.op, parseText(valuePath, raw.value)) };
    default:
      return { kind: "compare", operator: raw.op, value: parseScalar(valuePath, raw.value, subject) };
  }
}

function parseList(path: readonly PropertyKey[], raw: RawComparison, subject: Subject): readonly (string | number)[] {
  const allowed = `a list of 1 to ${MAX_LIST} values with the operator ${raw.op}`;
  if (!isList(raw.value) || raw.value.length === 0 || raw.value.length > MAX_LIST) throw invalidArgument(path, raw.value, allowed);
  return raw.value.map((value, index) => parseScalar([...path, index], value, subject));
}

function parseScalar(path: readonly PropertyKey[], value: RawComparison["value"], subject: Subject): string | number {
  switch (subject.kind) {
    case "integer":
      if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER) return value;
      throw invalidArgument(path, value, `an integer from -${MAX_INTEGER} to ${MAX_INTEGER}`);
    case "flag":
      if (typeof value === "boolean") return value ? 1 : 0;
      if (value === 0 || value === 1) return value;
      throw invalidArgument(path, value, "true, false, 1 or 0");
    case "text":
      return parseText(path, value);
    case "cast":
      return parseCastValue(path, value, subject.cast);
  }
}

function parseText(path: readonly PropertyKey[], value: RawComparison["value"]): string {
  const text = typeof value === "number" ? String(value) : value;
  // Postgres keeps no NUL in text and refuses a parameter that has one.
  if (typeof text !== "string" || text.length > MAX_TEXT || text.includes("\u0000")) {
    throw invalidArgument(path, value, `a text of at most ${MAX_TEXT} characters, without NUL`);
  }
  return text;
}

/** `like` contains, `like-l` has its wildcard on the left (ends with), `like-r` on the right (starts with). */
function likePattern(operator: LikeOperator, text: string): string {
  const literal = literalPattern(text);
  return `${operator === "like-r" ? "" : "%"}${literal}${operator === "like-l" ? "" : "%"}`;
}

function isList(value: RawComparison["value"]): value is readonly Scalar[] {
  return Array.isArray(value);
}
