/** How a terminal is told of colours and the like. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for.
const STYLING = /\u001b\[[0-9;:]{0,32}m/g;
/** Control characters (terminal escapes too) but the tab, line ends of Unicode, and marks that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A foreign line of text as it may be shown on a terminal: its own columns stay, colours vanish, and whatever else would move
 * the cursor is written out as `\x1b`.
 */
export function printable(line: string): string {
  return line.replaceAll(STYLING, "").replaceAll(UNPRINTABLE, (character) => (character === "\t" ? character : written(character)));
}

function written(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
}
