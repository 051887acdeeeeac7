/** The escape character of every LIKE here. Not a backslash: MySQL and Postgres read that one differently. */
export const LIKE_ESCAPE = "!";

/** The text as a LIKE pattern that matches just this text. */
export function literalPattern(text: string): string {
  return text.replace(/[!%_]/g, (char) => LIKE_ESCAPE + char);
}
