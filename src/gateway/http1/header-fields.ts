/**
 * A name is a token and touches its colon; a line that begins with a space would continue the one before, which
 * RFC 9112 5.2 lets a reader refuse; a bare CR, LF or NUL is a line end to some readers.
 */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * The header lines of a head from its second line on: names in lower case, values of repeated ones joined by ", ".
 * Undefined where a line is malformed.
 */
export function parseFields(lines: readonly string[]): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  for (let at = 1; at < lines.length; at += 1) {
    const [, rawName, rawValue] = LINE.exec(lines[at] ?? "") ?? [];
    if (rawName === undefined || rawValue === undefined) return undefined;
    const name = rawName.toLowerCase();
    const value = trimBlanks(rawValue);
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/** Without the spaces and tabs around it: `trim` would take a no-break space too, and make `chunked` of what is not. */
export function trimBlanks(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isBlank(value.charCodeAt(from))) from += 1;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** What a list of options holds, such as `Connection`, in lower case. */
export function optionsOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.toLowerCase().split(",").map(trimBlanks);
}
