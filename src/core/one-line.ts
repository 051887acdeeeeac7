/** White space, control characters (terminal escapes too) and marks that turn the direction of text. */
const UNPRINTABLE = /[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu;

/** Foreign text made fit for one line of output: unprintable runs become a space, the rest is cut at `maxLength`. */
export function oneLine(text: string, maxLength = 200): string {
  // What lies far behind the cut is not worth cleaning.
  const line = text
    .slice(0, maxLength * 4)
    .replaceAll(UNPRINTABLE, " ")
    .trim();
  return line.length > maxLength || text.length > maxLength * 4 ? `${line.slice(0, maxLength)}…` : line;
}
