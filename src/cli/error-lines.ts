import { oneLine } from "../core/one-line.ts";

const MAX_LENGTH = 2_000;

/** A failure as the command line shows it: `error: …` on one line and, where there is one, `hint: …` on the next. */
export function errorLines(message: string, hint?: string | null): string {
  const error = `error: ${oneLine(message, MAX_LENGTH)}\n`;
  return hint === undefined || hint === null || hint === "" ? error : `${error}hint: ${oneLine(hint, MAX_LENGTH)}\n`;
}
