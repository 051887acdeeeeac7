import { type Expression, type RawBuilder, sql } from "kysely";
import { invalidArgument } from "./argument-fault.ts";

/** How the text of a template variable is read as a number, and which numbers it may be compared with. */
export interface NumericCast {
  readonly name: string;
  readonly signed: boolean;
  /** Digits before the point. */
  readonly wholeDigits: number;
  /** Digits after the point. */
  readonly scale: number;
}

export const MAX_PRECISION = 38;
export const MAX_SCALE = 10;
export const CAST_ALLOWED = `UNSIGNED, SIGNED or DECIMAL(p,s) with p from 1 to ${MAX_PRECISION} and s from 0 to ${MAX_SCALE}, not above p`;

/** Longer text is not read as a number. */
const MAX_STORED = 25;

const DECIMAL = /^DECIMAL\((\d{1,2}),(\d{1,2})\)$/;
const NUMBER = /^(-?)(\d{1,16})(?:\.(\d+))?$/;

/** Returns the cast, or undefined where `raw` is none. */
export function parseCast(raw: string): NumericCast | undefined {
  if (raw === "UNSIGNED") return { name: raw, signed: false, wholeDigits: MAX_PRECISION, scale: 0 };
  if (raw === "SIGNED") return { name: raw, signed: true, wholeDigits: MAX_PRECISION, scale: 0 };
  const [, precision, scale] = DECIMAL.exec(raw) ?? [];
  if (precision === undefined || scale === undefined) return undefined;
  const [p, s] = [Number(precision), Number(scale)];
  if (p < 1 || p > MAX_PRECISION || s > MAX_SCALE || s > p) return undefined;
  return { name: raw, signed: true, wholeDigits: p - s, scale: s };
}

/** The number to compare with, from a number or its text. Throws -32602 where the cast cannot hold it. */
export function parseCastValue(path: readonly PropertyKey[], value: unknown, cast: NumericCast): number {
  const [, sign, whole, fraction = ""] = NUMBER.exec(typeof value === "number" || typeof value === "string" ? String(value) : "") ?? [];
  const number = Number(value);
  const fits =
    whole !== undefined &&
    (cast.signed || sign === "") &&
    whole.replace(/^0+/, "").length <= cast.wholeDigits &&
    fraction.length <= cast.scale &&
    Math.abs(number) <= Number.MAX_SAFE_INTEGER;
  if (!fits) throw invalidArgument(path, value, `a number within 2^53 that ${cast.name} holds`);
  return number;
}

/** What `asNumber` reads from the same text. */
export function parseStoredNumber(text: string | null): number | null {
  return text !== null && text.length <= MAX_STORED && /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : null;
}

/**
 * The text as a number, null where it is none, on every engine alike.
 *
 * Postgres fails a cast of text that is no number, where SQLite and MySQL read 0 or a prefix; so
 * the text is looked at first, with the functions all three have: without its digits nothing but
 * a sign and a point may be left, the sign only in front. `MAX_STORED` characters fit into decimal(38,10).
 */
export function asNumber(text: Expression<string | null>): RawBuilder<number | null> {
  return sql<
    number | null
  >`case when length(${text}) between 1 and ${sql.lit(MAX_STORED)} and ${withoutDigits(text)} in ('', '-', '.', '-.') and ${withoutDigits(text)} <> ${text} and ${text} not like '_%-%' then cast(${text} as decimal(38,10)) end`;
}

function withoutDigits(text: Expression<string | null>): Expression<string | null> {
  return [..."0123456789"].reduce<Expression<string | null>>((rest, digit) => sql<string>`replace(${rest}, ${sql.lit(digit)}, '')`, text);
}
