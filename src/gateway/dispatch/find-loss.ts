import { keyOf, skipSpace, skipString } from "../../mcp/json-span.ts";

const QUOTE = 34;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

const NUMBER = /-?\d[\d.eE+-]*/y;
const MAX_SHOWN = 60;

/**
 * What a value parsed from this JSON text does not say of it any more: a key that stands twice, an integer beyond 2^53, a
 * number that no double holds. Undefined: the value is what the text says. The text must have passed JSON.parse.
 */
export function findLoss(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      const end = skipString(text, at);
      const isKey = text.charCodeAt(skipSpace(text, end)) === COLON;
      if (isKey && isSecond(open.at(-1), keyOf(text, at, end))) return `the key ${text.slice(at, end).slice(0, MAX_SHOWN)} stands twice`;
      at = end;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      open.push(unit === OPEN_BRACE ? new Set() : undefined);
      at += 1;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      open.pop();
      at += 1;
    } else {
      const number = numberAt(text, at);
      if (number !== undefined && isLossy(number)) return `the number ${number.slice(0, MAX_SHOWN)} is beyond what is kept exactly`;
      at += number?.length ?? 1;
    }
  }
  return undefined;
}

function isSecond(keys: Set<string> | undefined, key: string): boolean {
  const isKnown = keys?.has(key) === true;
  keys?.add(key);
  return isKnown;
}

function numberAt(text: string, at: number): string | undefined {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0];
}

/** Fractions are rounded wherever JSON is read; whole numbers are ids and amounts. */
function isLossy(number: string): boolean {
  const value = Number(number);
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}
