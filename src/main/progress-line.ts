import { printable } from "../core/printable.ts";

const MAX_LENGTH = 400;

/** What is told while something starts, for a terminal: a server's own words may stand in it. */
export function progressLine(text: string): string {
  return `… ${printable(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text)}\n`;
}
