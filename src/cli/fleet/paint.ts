/** Colours of a terminal. */
const CODES = { red: 31, green: 32, yellow: 33, bold: 1 } as const;

export type Colour = keyof typeof CODES;

/** Text in a colour where the terminal shows any. Only for text that is safe to print. */
export function paint(text: string, colour: Colour, shown: boolean): string {
  return shown && text !== "" ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** The lines of a table, each in the colour that goes with its row; the first row is the head. */
export function paintRows(table: string, colourOf: (row: number) => Colour | undefined, shown: boolean): string {
  return table
    .split("\n")
    .map((line, at) => {
      const colour = at === 0 ? undefined : colourOf(at - 1);
      return colour === undefined ? line : paint(line, colour, shown);
    })
    .join("\n");
}
