import { REDACTED, redactText } from "../../core/redact.ts";

/** A shorter one would stand in half of all words, and what is left around it would say what it is. */
const MIN_LENGTH = 4;
/** A line of a secret of several lines, such as a key in PEM. */
const MIN_LINE = 8;

/**
 * Takes these values out of a line, as they are and as JSON, a URL or base64 write them, and whatever else looks like a
 * credential; the rest is cut at `maxLength`. What stands in a value of less than 4 characters is not found.
 */
export function hideSecrets(values: readonly string[], maxLength: number): (line: string) => string {
  const written = new Set(values.flatMap(waysToWrite));
  // The longest first: one may stand in another.
  const known = [...written].sort((one, other) => other.length - one.length);
  return (line) => {
    let hidden = line;
    for (const value of known) if (hidden.includes(value)) hidden = hidden.replaceAll(value, () => REDACTED);
    return redactText(hidden, maxLength);
  };
}

function waysToWrite(value: string): string[] {
  const whole = [value, value.trim(), JSON.stringify(value).slice(1, -1), uriText(value), Buffer.from(value).toString("base64")];
  const lines = value.split(/[\r\n]+/);
  return [
    ...whole.filter(({ length }) => length >= MIN_LENGTH),
    ...(lines.length > 1 ? lines.filter(({ length }) => length >= MIN_LINE) : []),
  ];
}

function uriText(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // Half a surrogate pair: no URL holds it.
    return value;
  }
}
