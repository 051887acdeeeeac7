import { AppError } from "../../core/app-error.ts";

/** Where a page ended: the last item's sort value and its id, which settles ties. */
export interface Cursor {
  readonly value: string;
  readonly id: string;
}

export interface Sort<Field extends string = string> {
  readonly field: Field;
  readonly descending: boolean;
}

/** `-createdAt` is descending. */
export function parseSort<Field extends string>(sort: Field | `-${Field}`): Sort<Field> {
  const descending = sort.startsWith("-");
  return { field: (descending ? sort.slice(1) : sort) as Field, descending };
}

export function encodeCursor({ value, id }: Cursor): string {
  return Buffer.from(JSON.stringify([value, id])).toString("base64url");
}

/** Throws `invalid`/`CURSOR_INVALID`. */
export function decodeCursor(text: string): Cursor {
  try {
    const [value, id] = JSON.parse(Buffer.from(text, "base64url").toString());
    // No engine compares control characters as it should, and Postgres refuses NUL.
    if (typeof value === "string" && typeof id === "string" && !/\p{Cc}/u.test(value + id)) return { value, id };
  } catch {
    // Said below.
  }
  throw new AppError("invalid", "CURSOR_INVALID", "query.cursor: is none that this list gave; start again without it");
}
