/**
 * A value as a header of HTTP carries it (2026-07-28, Streamable HTTP, "Value encoding"): as it is where it is plain
 * ASCII without spaces around it, else `=?base64?…?=` of its UTF-8. What looks like the latter is encoded too.
 */
export function encodeHeaderValue(value: string): string {
  if (PLAIN.test(value) && !SENTINEL.test(value)) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

const PLAIN = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;
const SENTINEL = /^=\?base64\?.*\?=$/s;
