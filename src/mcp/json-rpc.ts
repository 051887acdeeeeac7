/** JSON-RPC 2.0 as MCP uses it: ids are strings or integers, never null in a request. */
export type JsonRpcId = string | number;

export interface JsonRpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
/** Legacy sub-range, no meaning across implementations; SDKs use it for a bad request before a session. */
export const LEGACY_BAD_REQUEST = -32000;
/** What SDKs answer for an unknown session. */
export const LEGACY_SESSION_NOT_FOUND = -32001;

/** A JSON-RPC error that travels in band, to be answered with the caller's id. */
export class JsonRpcFault extends Error {
  override readonly name = "JsonRpcFault";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The text of a result message; `resultText` must be valid JSON and is not looked at. */
export function resultMessage(idText: string, resultText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`;
}

/** The text of an error message. `idText` is the id as JSON, `null` where it is unknown. */
export function errorMessage(idText: string, error: JsonRpcErrorBody): string {
  return errorText(idText, JSON.stringify(error));
}

/** The same of an error object that is text already; it must be valid JSON and is not looked at. */
export function errorText(idText: string, error: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"error":${error}}`;
}
