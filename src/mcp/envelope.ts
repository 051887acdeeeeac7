import { INVALID_REQUEST, PARSE_ERROR } from "./json-rpc.ts";
import { createLocator, elementsOf } from "./json-span.ts";

/** One JSON-RPC message as it came, with what a gateway must know of it. */
export type Envelope = RequestEnvelope | NotificationEnvelope | ResponseEnvelope;

export interface RequestEnvelope {
  readonly kind: "request";
  /** The id as the JSON text in which it came: it goes back unchanged. */
  readonly idText: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The params as the JSON text in which they came; undefined where there were none. */
  readonly paramsText: string | undefined;
}

export interface NotificationEnvelope {
  readonly kind: "notification";
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The whole message as it came. */
  readonly text: string;
}

export interface ResponseEnvelope {
  readonly kind: "response";
  readonly idText: string;
  /** The whole message as it came. */
  readonly text: string;
}

export interface InvalidEnvelope {
  readonly kind: "invalid";
  readonly code: typeof PARSE_ERROR | typeof INVALID_REQUEST;
  readonly message: string;
}

export interface Batch {
  readonly kind: "batch";
  readonly items: readonly (Envelope | InvalidEnvelope)[];
}

/** The keys that decide what a message does: none of them may stand twice, or two readers could differ over it. */
const locate = createLocator(
  ["id"],
  ["params"],
  ["method"],
  ["params", "name"],
  ["params", "uri"],
  ["params", "_meta"],
  ["params", "_meta", "progressToken"],
  ["params", "_meta", "io.modelcontextprotocol/protocolVersion"],
  ["params", "_meta", "io.modelcontextprotocol/clientCapabilities"],
  ["params", "_meta", "io.modelcontextprotocol/logLevel"],
  ["params", "inputResponses"],
  ["params", "requestState"],
  ["params", "ref"],
  ["params", "ref", "name"],
  ["params", "ref", "uri"],
  ["params", "requestId"],
);

/** Reads the body of a POST. Never throws. */
export function parseBody(text: string): Envelope | Batch | InvalidEnvelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid(PARSE_ERROR, "Parse error: the body is not JSON");
  }
  if (!Array.isArray(value)) return envelopeOf(text, value);
  if (value.length === 0) return invalid(INVALID_REQUEST, "Invalid Request: an empty batch");
  const spans = elementsOf(text, text.indexOf("["));
  return { kind: "batch", items: spans.map(({ start, end }, index) => envelopeOf(text.slice(start, end), (value as unknown[])[index])) };
}

/** Reads one message from its text and its parsed value. */
export function envelopeOf(text: string, value: unknown): Envelope | InvalidEnvelope {
  if (!isObject(value)) return invalid(INVALID_REQUEST, "Invalid Request: a message is a JSON object");
  if (value.jsonrpc !== "2.0") return invalid(INVALID_REQUEST, 'Invalid Request: "jsonrpc" must be "2.0"');
  const { spans, duplicate } = locate(text);
  if (duplicate) return invalid(INVALID_REQUEST, "Invalid Request: a key stands twice");
  const [idSpan, paramsSpan] = spans;
  const idText = idSpan === undefined ? undefined : text.slice(idSpan.start, idSpan.end);
  if (value.method === undefined) return responseOf(text, value, idText);
  if (typeof value.method !== "string") return invalid(INVALID_REQUEST, 'Invalid Request: "method" must be a string');
  const params = value.params ?? {};
  if (!isObject(params)) return invalid(INVALID_REQUEST, 'Invalid Request: "params" must be an object');
  if (idText === undefined) return { kind: "notification", method: value.method, params, text };
  if (!isId(value.id)) return invalid(INVALID_REQUEST, 'Invalid Request: "id" must be a string or an integer');
  const hasParams = paramsSpan !== undefined && isObject(value.params);
  const paramsText = hasParams ? text.slice(paramsSpan.start, paramsSpan.end) : undefined;
  return { kind: "request", idText, method: value.method, params, paramsText };
}

function responseOf(text: string, value: Record<string, unknown>, idText: string | undefined): ResponseEnvelope | InvalidEnvelope {
  if (idText !== undefined && ("result" in value || "error" in value)) return { kind: "response", idText, text };
  return invalid(INVALID_REQUEST, "Invalid Request: neither a method nor a result");
}

function invalid(code: InvalidEnvelope["code"], message: string): InvalidEnvelope {
  return { kind: "invalid", code, message };
}

function isId(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "number" && Number.isInteger(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
