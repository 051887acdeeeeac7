import { oneLine } from "../../core/one-line.ts";
import { type JsonRpcErrorBody, type JsonRpcId, METHOD_NOT_FOUND } from "../json-rpc.ts";
import { isJsonObject } from "./json-object.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

/** One message from the server. An error without an id answers what could not be read. */
export type IncomingMessage =
  | { readonly kind: "result"; readonly id: JsonRpcId; readonly result: unknown }
  | { readonly kind: "error"; readonly id: JsonRpcId | null; readonly error: JsonRpcErrorBody }
  | { readonly kind: "request"; readonly id: JsonRpcId; readonly method: string }
  | { readonly kind: "notification"; readonly method: string };

/** The messages of a JSON text: one, or a batch as revision 2025-03-26 allows. Throws McpProtocolError. */
export function parseIncoming(text: string): IncomingMessage[] {
  const value = parseJson(text);
  return (Array.isArray(value) ? value : [value]).map(classifyMessage);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new McpProtocolError("MCP_REPLY_NOT_JSON", `The reply is not JSON: ${oneLine(text)}`, { cause });
  }
}

function classifyMessage(value: unknown): IncomingMessage {
  if (!isJsonObject(value) || value.jsonrpc !== "2.0") throw malformed(value);
  const { id, method, result, error } = value;
  if (typeof method === "string") return isId(id) ? { kind: "request", id, method } : { kind: "notification", method };
  const body = parseErrorBody(error);
  if (body !== undefined && result === undefined && (isId(id) || id === null || id === undefined)) {
    return { kind: "error", id: id ?? null, error: body };
  }
  if (result !== undefined && error === undefined && isId(id)) return { kind: "result", id, result };
  throw malformed(value);
}

/** The `error` of a JSON-RPC message; undefined where it has not that shape. */
export function parseErrorBody(value: unknown): JsonRpcErrorBody | undefined {
  if (!isJsonObject(value) || typeof value.code !== "number" || typeof value.message !== "string") return undefined;
  return { code: value.code, message: value.message, ...("data" in value ? { data: value.data } : {}) };
}

/** What a server answered with an error, as a throw. */
export function answeredError(error: JsonRpcErrorBody, status?: number): McpProtocolError {
  const reason = error.code === METHOD_NOT_FOUND ? "MCP_METHOD_NOT_FOUND" : "MCP_ERROR_ANSWERED";
  return new McpProtocolError(reason, `${error.message} (JSON-RPC error ${error.code})`, {
    rpcCode: error.code,
    data: error.data,
    ...(status === undefined ? {} : { status }),
  });
}

function malformed(value: unknown): McpProtocolError {
  return new McpProtocolError("MCP_REPLY_NOT_JSON_RPC", `The reply is no JSON-RPC message: ${oneLine(JSON.stringify(value))}`);
}

function isId(value: unknown): value is JsonRpcId {
  return typeof value === "string" || typeof value === "number";
}
