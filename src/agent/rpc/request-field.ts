import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";

/** Longer than any name, short enough to be kept and shown. */
const MAX_NAME_LENGTH = 255;
const MAX_REQUEST_ID_LENGTH = 128;

/** A field that must be there. Throws `invalid`/`REQUEST_INVALID`. */
export function required(field: string, value: string): string {
  return named(field, value) ?? missing(field);
}

/** Undefined where it is empty, as the contract has it. Throws `invalid`/`REQUEST_INVALID`. */
export function named(field: string, value: string): string | undefined {
  if (value.length > MAX_NAME_LENGTH) throw refused(`${field} has more than ${MAX_NAME_LENGTH} characters`);
  return value === "" ? undefined : value;
}

export function parseRequestId(value: string): string {
  if (/^[\x21-\x7e]*$/.test(value) && value.length <= MAX_REQUEST_ID_LENGTH) return value;
  throw refused(`request_id must have at most ${MAX_REQUEST_ID_LENGTH} printable characters without spaces`);
}

/** A number of the contract as one of ours. Throws `invalid`/`REQUEST_INVALID`. */
export function safeNumber(field: string, value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw refused(`${field} is too large`);
}

/** The word for a number of an enum. Throws `invalid`/`REQUEST_INVALID` for one of a later version. */
export function wordOf<T>(field: string, words: Readonly<Record<number, T>>, value: number): T {
  const word = words[value];
  if (word !== undefined) return word;
  throw new AppError("invalid", "REQUEST_INVALID", `${field} has the value ${value}, which this agent does not know`, {
    hint: "is the agent older than the command line? Upgrade it",
  });
}

export function refused(message: string): AppError {
  return new AppError("invalid", "REQUEST_INVALID", oneLine(message));
}

function missing(field: string): never {
  throw refused(`${field} is missing`);
}
