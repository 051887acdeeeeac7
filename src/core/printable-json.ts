/** What JSON leaves as it is and a terminal may act on: DEL, the C1 controls, line ends of Unicode, and marks that turn the direction of text. */
const LEFT = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** JSON of the same value that may be shown on a terminal, whoever has written its texts. */
export function printableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(LEFT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
