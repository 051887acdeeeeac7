import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Kysely, sql } from "kysely";
import { onEveryEngine } from "../../../store/databases.fixture.ts";
import type { Schema } from "../../../store/schema.ts";
import { asNumber, parseCast, parseCastValue, parseStoredNumber } from "./numeric-cast.ts";

async function readByDatabase(db: Kysely<Schema>, text: string): Promise<number | null> {
  await db.deleteFrom("content_tmplvar_value").execute();
  await db.insertInto("content_tmplvar_value").values({ id: 1, contentid: 1, tmplvarid: 1, value: text }).execute();
  const row = await db
    .selectFrom("content_tmplvar_value")
    .select(asNumber(sql.ref<string>("value")).as("number"))
    .executeTakeFirstOrThrow();
  return row.number;
}

const CASES: readonly (readonly [string, number | null])[] = [
  ["0", 0],
  ["42", 42],
  ["-7", -7],
  ["3.50", 3.5],
  [".5", 0.5],
  ["5.", 5],
  ["-.25", -0.25],
  ["", null],
  ["-", null],
  [".", null],
  ["-.", null],
  ["1-2", null],
  ["--1", null],
  ["1.2.3", null],
  ["1e3", null],
  ["0x10", null],
  ["12 ", null],
  ["on request", null],
  ["1000000000000000000000000", 1e24],
  ["10000000000000000000000000", null],
];

onEveryEngine((engine, withDatabase) => {
  describe(engine, () => {
    test("the database reads a text as the program does", () =>
      withDatabase(async (db) => {
        for (const [text, number] of CASES) expect([text, await readByDatabase(db, text)]).toEqual([text, number]);
      }));

    test("for any text, the database and the program read the same", () =>
      withDatabase(async (db) => {
        const text = fc.string({ unit: fc.constantFrom(..."0123456789.-e "), maxLength: 14 });
        await fc.assert(
          fc.asyncProperty(text, async (given) => {
            const [stored, parsed] = [await readByDatabase(db, given), parseStoredNumber(given)];
            expect(stored === null).toBe(parsed === null);
            // decimal(38,10) keeps ten digits after the point.
            expect(Math.abs(Number(stored) - Number(parsed))).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(Number(parsed))));
          }),
          { numRuns: 300 },
        );
      }));
  });
});

test.each(CASES)("the program reads %p as %p", (text, number) => {
  expect(parseStoredNumber(text)).toBe(number);
});

test("a text that is missing is no number", () => {
  expect(parseStoredNumber(null)).toBeNull();
});

test.each(["UNSIGNED", "SIGNED", "DECIMAL(1,0)", "DECIMAL(38,10)", "DECIMAL(10,10)"])("%s is a cast", (name) => {
  expect(parseCast(name)?.name).toBe(name);
});

test.each([
  "",
  "signed",
  "CHAR",
  "DECIMAL",
  "DECIMAL(10)",
  "DECIMAL(0,0)",
  "DECIMAL(39,0)",
  "DECIMAL(38,11)",
  "DECIMAL(3,4)",
  "DECIMAL(1, 0)",
])("%p is no cast", (name) => {
  expect(parseCast(name)).toBeUndefined();
});

const HELD: readonly (readonly [cast: string, value: unknown, number: number | undefined])[] = [
  ["UNSIGNED", 7, 7],
  ["UNSIGNED", "007", 7],
  ["UNSIGNED", "-7", undefined],
  ["UNSIGNED", "7.0", undefined],
  ["SIGNED", "-7", -7],
  ["SIGNED", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ["SIGNED", 2 ** 53, undefined],
  ["SIGNED", "99999999999999999", undefined],
  ["DECIMAL(4,2)", "12.34", 12.34],
  ["DECIMAL(4,2)", "123.4", undefined],
  ["DECIMAL(4,2)", "1.234", undefined],
  ["DECIMAL(2,2)", "0.25", 0.25],
  ["SIGNED", true, undefined],
  ["SIGNED", ["7"], undefined],
  ["SIGNED", undefined, undefined],
];

test.each(HELD)("%s with %p", (name, value, number) => {
  const cast = parseCast(name);
  if (cast === undefined) throw new Error("not a cast");
  const parse = () => parseCastValue(["value"], value, cast);
  if (number === undefined) expect(parse).toThrow(`a number within 2^53 that ${name} holds`);
  else expect(parse()).toBe(number);
});
