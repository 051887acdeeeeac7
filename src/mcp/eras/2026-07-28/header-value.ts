/**
 * A value as a header of HTTP carries it (2026-07-28, Streamable HTTP, "Value encoding"): as it is where it is plain
 * ASCII without spaces around it, else `=?base64?…?=` of its UTF-8. What looks like the latter is encoded too.
 */
export function encodeHeaderValue(value: string): string {
  if (PLAIN.test(value) && !SENTINEL.test(value)) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/**
 * The value that a header carries; undefined where it begins and ends like an encoded one and is none: no canonical Base64,
 * or not of UTF-8. Space around a header is not part of it.
 */
export function decodeHeaderValue(header: string): string | undefined {
  const text = header.replace(/^[\t ]+|[\t ]+$/g, "");
  const encoded = SENTINEL.test(text) ? text.slice("=?base64?".length, -"?=".length) : undefined;
  if (encoded === undefined) return text;
  if (!BASE64.test(encoded)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PLAIN = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;
const SENTINEL = /^=\?base64\?.*\?=$/s;
