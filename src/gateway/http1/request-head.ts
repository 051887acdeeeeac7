import { optionsOf, parseFields } from "./header-fields.ts";

/** The first part of a request. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly path: string;
  /** Names in lower case; values of repeated ones joined by ", ". */
  readonly fields: ReadonlyMap<string, string>;
  readonly version: "1.0" | "1.1";
  readonly framing: "none" | "length" | "chunks";
  /** The connection may carry another request. */
  readonly keepAlive: boolean;
  /** The client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** The status with which a head is refused; the connection is of no use after that. */
export type BadHead = 400 | 417 | 501 | 505;

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP\/(\d\.\d)$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([/?][^#]*)?$/i;
const LENGTH = /^\d{1,15}$/;

/**
 * Reads a head (RFC 9112), given as Latin-1 without the empty line that ends it.
 *
 * What two readers could read differently is refused, so that nothing can be smuggled past one that stands before us: a
 * length said twice or beside chunks, a coding that is not known, a Host that is missing, said twice or contradicted.
 */
export function parseRequestHead(text: string): RequestHead | BadHead {
  const lines = text.split("\r\n");
  const [, method, rawTarget, version] = REQUEST_LINE.exec(lines[0] ?? "") ?? [];
  if (method === undefined || rawTarget === undefined) return 400;
  if (version !== "1.1" && version !== "1.0") return 505;
  const fields = parseFields(lines);
  if (fields === undefined) return 400;
  const target = targetOf(rawTarget, fields.get("host"), version);
  const framing = framingOf(fields, version);
  if (target === undefined || framing === undefined) return 400;
  if (framing === "unknown") return 501;
  const expect = fields.get("expect")?.toLowerCase();
  if (expect !== undefined && expect !== "100-continue") return 417;
  const options = optionsOf(fields.get("connection"));
  const keepAlive = !options.includes("close") && (version === "1.1" || options.includes("keep-alive"));
  const path = target.split("?", 1)[0] ?? "";
  return { method, target, path, fields, version, framing, keepAlive, expectsContinue: expect !== undefined && version === "1.1" };
}

/** Undefined: the request does not say in one voice where it goes. */
function targetOf(raw: string, host: string | undefined, version: string): string | undefined {
  if (host === undefined ? version === "1.1" : !isAuthority(host)) return undefined;
  if (raw.startsWith("/")) return raw.includes("#") ? undefined : raw;
  // A request to a proxy. Its authority goes before the Host (RFC 9112 3.2.2); one that differs is meant to mislead.
  const [whole, authority, rest = "/"] = ABSOLUTE.exec(raw) ?? [];
  if (whole === undefined || authority?.toLowerCase() !== host?.toLowerCase()) return undefined;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** A comma is what two Host lines are joined by. */
function isAuthority(host: string): boolean {
  return /^[^\s,/@?#\\]*$/.test(host);
}

/** How the body is delimited (RFC 9112 6.3); undefined where that could be read in two ways. */
function framingOf(fields: ReadonlyMap<string, string>, version: string): RequestHead["framing"] | "unknown" | undefined {
  const coding = fields.get("transfer-encoding");
  const length = fields.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined || version !== "1.1") return undefined;
    return coding.toLowerCase() === "chunked" ? "chunks" : "unknown";
  }
  if (length === undefined) return "none";
  return LENGTH.test(length) ? "length" : undefined;
}
