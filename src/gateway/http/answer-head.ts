import { AppError } from "../../core/app-error.ts";

/** How the end of a body is told. */
export type BodyEnd =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunks" | "close" };

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  202: "Accepted",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** Whether an answer of this status has no body, whatever its headers say (RFC 9110 6.4.1). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
/** What the connection says itself; said twice, two readers could read an answer differently. */
const OWN = /^(?:connection|content-length|transfer-encoding|date|keep-alive)$/i;

/** The head of an answer up to and with the empty line. Throws `internal`/`HTTP_HEADER_INVALID` for a header that would make another answer of it. */
export function answerHead(
  status: number,
  headers: Readonly<Record<string, string>>,
  end: BodyEnd,
  connection: "close" | "keep-alive" | undefined,
  date: string,
): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n`;
  for (const name in headers) text += headerLine(name, headers[name] ?? "");
  if (end.kind === "length") text += `content-length: ${end.bytes}\r\n`;
  else if (end.kind === "chunks") text += "transfer-encoding: chunked\r\n";
  if (connection !== undefined) text += `connection: ${connection}\r\n`;
  return `${text}date: ${date}\r\n\r\n`;
}

/** The beginnings of header lines by name, "" for what the connection says itself: there are few, and all are ours. */
const prefixes = new Map<string, string>();
const MAX_PREFIXES = 100;

function headerLine(name: string, value: string): string {
  const prefix = prefixes.get(name) ?? newPrefix(name);
  if (prefix === "") return "";
  if (VALUE.test(value)) return `${prefix}${value}\r\n`;
  throw invalid(name);
}

function newPrefix(name: string): string {
  if (!NAME.test(name)) throw invalid(name);
  const prefix = OWN.test(name) ? "" : `${name}: `;
  if (prefixes.size < MAX_PREFIXES) prefixes.set(name, prefix);
  return prefix;
}

function invalid(name: string): AppError {
  return new AppError("internal", "HTTP_HEADER_INVALID", `The header ${name.slice(0, 60)} cannot be sent`);
}
