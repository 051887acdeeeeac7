import fc from "fast-check";

/**
 * JSON in every spelling that the grammar allows: white space where it may stand, characters as they are or escaped, keys
 * too, numbers in unusual forms, and keys that stand twice.
 */

const space = fc.constantFrom("", "", "", " ", "\n", "\t", "\r\n", "  ");

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("0", "-0", "1.0", "1e3", "1E+3", "-1.50e-7", "12345678901234567890", "1e400", "0.1000000000000000055511151231257827"),
);

const CONTROL_END = 0x20;
const QUOTE = '"';
const BACKSLASH = "\\";
const SHORT_ESCAPES = [
  '\\"',
  "\\\\",
  "\\/",
  "\\b",
  "\\f",
  "\\n",
  "\\r",
  "\\t",
  "\\u0041",
  "\\ud83d\\ude00",
  "\\ud800",
  "\\udc00",
  "\\u0000",
];

/** One character of a string as it may be written. */
const written = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }).map(asIs) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map(asIs) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map(escaped) },
  { weight: 1, arbitrary: fc.constantFrom(...SHORT_ESCAPES) },
);

function asIs(character: string): string {
  return character.charCodeAt(0) < CONTROL_END || character === QUOTE || character === BACKSLASH ? escaped(character) : character;
}

function escaped(character: string): string {
  return [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}

/** The text of a string. */
export const oddString: fc.Arbitrary<string> = fc.array(written, { maxLength: 6 }).map((parts) => `"${parts.join("")}"`);

/** This string with each of its characters written as it is or escaped. */
export function oddSpelling(text: string): fc.Arbitrary<string> {
  return fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((escapes) => {
    const units = [...Array(text.length).keys()].map((at) => text.charAt(at));
    return `"${units.map((unit, at) => (escapes[at] === true ? escaped(unit) : asIs(unit))).join("")}"`;
  });
}

/** The text of any value. */
export const oddJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("null", "true", "false"),
    number,
    oddString,
    oddArray(tie("value")),
    oddObject(fc.array(fc.tuple(oddString, tie("value")), { maxLength: 4 })),
  ),
})).value;

function oddArray(element: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(space, element, space), { maxLength: 4 })
    .map((elements) => `[${elements.map((parts) => parts.join("")).join(",")}]`);
}

/** The text of an object with these entries, each the text of its key and of its value. */
export function oddObject(entries: fc.Arbitrary<readonly (readonly [string, string])[]>): fc.Arbitrary<string> {
  return fc.tuple(entries, fc.array(space, { minLength: 24, maxLength: 24 })).map(([pairs, spaces]) => {
    const at = (index: number) => spaces[index % spaces.length] ?? "";
    const texts = pairs.map(
      ([key, value], index) => `${at(4 * index)}${key}${at(4 * index + 1)}:${at(4 * index + 2)}${value}${at(4 * index + 3)}`,
    );
    return `{${texts.join(",")}}`;
  });
}
