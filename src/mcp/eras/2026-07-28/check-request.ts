import { isModernRevision, MODERN_REVISIONS } from "../../classify.ts";
import { isJsonObject } from "../../client/json-object.ts";
import type { NotificationEnvelope, RequestEnvelope } from "../../envelope.ts";
import { INVALID_PARAMS, INVALID_REQUEST } from "../../json-rpc.ts";
import { HEADER_MISMATCH, UNSUPPORTED_VERSION } from "./error-codes.ts";
import { decodeHeaderValue } from "./header-value.ts";
import { META } from "./meta-keys.ts";
import { namedBy } from "./request-headers.ts";

/** What is wrong with a modern message; HTTP 400. */
export interface ModernFault {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** Headers as `fetch` has them: names in any case. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * Checks what a modern message says of itself, and that its headers say the same (2026-07-28, "Base protocol" and
 * "Streamable HTTP": whoever processes the body must compare them). In the order of the SDK's own handler (2.4.0):
 * `_meta`, headers that contradict the body, a revision that is not spoken, headers that are missing. Pure.
 */
export function checkModernMessage(headers: HeaderReader, message: RequestEnvelope | NotificationEnvelope): ModernFault | undefined {
  return message.kind === "request" ? checkRequest(headers, message) : checkNotification(headers, message);
}

function checkRequest(headers: HeaderReader, { method, params }: RequestEnvelope): ModernFault | undefined {
  const versionHeader = trimmed(headers.get("mcp-protocol-version"));
  const methodHeader = trimmed(headers.get("mcp-method"));
  const { _meta: meta } = params;
  if (!isJsonObject(meta) || !(META.version in meta)) return missing(versionHeader, isJsonObject(meta) ? META.version : "_meta");
  const version = meta[META.version];
  return (
    checkMeta(meta) ??
    contradiction(versionHeader, version, "protocol version", "MCP-Protocol-Version") ??
    contradiction(methodHeader, method, "method", "Mcp-Method") ??
    unsupported(version) ??
    absent(versionHeader, version, "protocol version", "MCP-Protocol-Version") ??
    absent(methodHeader, method, "method", "Mcp-Method") ??
    checkName(headers.get("mcp-name"), method, params)
  );
}

/** A notification need not say of which revision it is; what it does say is held to the same. */
function checkNotification(headers: HeaderReader, { method, params }: NotificationEnvelope): ModernFault | undefined {
  const version = isJsonObject(params._meta) ? params._meta[META.version] : undefined;
  const methodContradicts = contradiction(trimmed(headers.get("mcp-method")), method, "method", "Mcp-Method");
  if (version === undefined) return methodContradicts;
  if (typeof version !== "string") return invalidMeta(META.version, "expected a string");
  const versionHeader = trimmed(headers.get("mcp-protocol-version"));
  const versionContradicts = contradiction(versionHeader, version, "protocol version", "MCP-Protocol-Version");
  return versionContradicts ?? methodContradicts ?? unsupported(version);
}

const CAPABILITIES = ["experimental", "roots", "sampling", "elicitation", "extensions"];
const LOG_LEVELS: readonly unknown[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

function checkMeta(meta: Readonly<Record<string, unknown>>): ModernFault | undefined {
  const { [META.version]: version, [META.clientCapabilities]: capabilities, [META.clientInfo]: info, [META.logLevel]: level } = meta;
  if (capabilities === undefined) return invalidMeta(META.clientCapabilities, "missing");
  if (typeof version !== "string") return invalidMeta(META.version, "expected a string");
  if (!isJsonObject(capabilities)) return invalidMeta(META.clientCapabilities, "expected an object");
  const wrong = CAPABILITIES.find((name) => capabilities[name] !== undefined && !isJsonObject(capabilities[name]));
  if (wrong !== undefined) return invalidMeta(`${META.clientCapabilities}.${wrong}`, "expected an object");
  if (info !== undefined && !isClientInfo(info)) return invalidMeta(META.clientInfo, "expected an object with a name and a version");
  if (level !== undefined && !LOG_LEVELS.includes(level)) return invalidMeta(META.logLevel, "expected a level of syslog");
  const { progressToken } = meta;
  if (progressToken !== undefined && typeof progressToken !== "string" && !Number.isInteger(progressToken)) {
    return { ...invalidMeta("progressToken", "expected a string or an integer"), code: INVALID_REQUEST };
  }
  return undefined;
}

function isClientInfo(info: unknown): boolean {
  return isJsonObject(info) && typeof info.name === "string" && typeof info.version === "string";
}

function checkName(header: string | null, method: string, params: Readonly<Record<string, unknown>>): ModernFault | undefined {
  const field = namedBy(method);
  const name = field === undefined ? undefined : params[field];
  if (field === undefined) return undefined;
  if (header === null) return typeof name === "string" ? absent(undefined, name, `params.${field}`, "Mcp-Name") : undefined;
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return mismatch(header, "the Mcp-Name header is no valid encoding of a value");
  return typeof name === "string" ? contradiction(decoded, name, `params.${field}`, "Mcp-Name") : undefined;
}

function contradiction(header: string | undefined, said: unknown, what: string, name: string): ModernFault | undefined {
  if (header === undefined || header === said) return undefined;
  return mismatch(header, `the body has ${what} ${quoted(said)} and the ${name} header ${quoted(header)}`);
}

function absent(header: string | undefined, said: unknown, what: string, name: string): ModernFault | undefined {
  if (header !== undefined) return undefined;
  return mismatch("(missing)", `the body has ${what} ${quoted(said)} and the ${name} header is missing`);
}

/** The error for headers that do not say what the body says. */
export function mismatch(header: string, body: string): ModernFault {
  return {
    code: HEADER_MISMATCH,
    message: `Bad Request: the request headers and body disagree: ${body}`,
    data: { mismatch: { header: header.slice(0, MAX_QUOTED), body } },
  };
}

function unsupported(version: unknown): ModernFault | undefined {
  if (isModernRevision(version)) return undefined;
  const requested = String(version).slice(0, MAX_QUOTED);
  const message = `Unsupported protocol version: ${requested} (supported: ${MODERN_REVISIONS.join(", ")})`;
  return { code: UNSUPPORTED_VERSION, message, data: { supported: MODERN_REVISIONS, requested } };
}

function missing(versionHeader: string | undefined, key: string): ModernFault {
  const message = `Invalid params: the MCP-Protocol-Version header names revision ${versionHeader ?? ""}, but the request has no ${key}`;
  return { code: INVALID_PARAMS, message, data: { envelope: { missing: [key] } } };
}

function invalidMeta(key: string, problem: string): ModernFault {
  const message = `Invalid params: _meta of revision 2026-07-28: ${key}: ${problem}`;
  return { code: INVALID_PARAMS, message, data: { envelope: { key, problem } } };
}

/** What a client wrote is not sent back at any length. */
const MAX_QUOTED = 200;

function quoted(value: unknown): string {
  return JSON.stringify(String(value).slice(0, MAX_QUOTED));
}

function trimmed(header: string | null): string | undefined {
  return header === null ? undefined : header.replace(/^[\t ]+|[\t ]+$/g, "");
}
