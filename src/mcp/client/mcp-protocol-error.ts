import { AppError, type ErrorCode } from "../../core/app-error.ts";
import { INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND } from "../json-rpc.ts";

/**
 * The other side answered, but with a JSON-RPC error (`rpcCode` and `data` are its own)
 * or with something that breaks MCP (`rpcCode` is -32600).
 */
export class McpProtocolError extends AppError {
  readonly rpcCode: number;
  readonly data: unknown;
  /** HTTP status of the answer, where it was no success. */
  readonly status: number | undefined;

  constructor(reason: string, message: string, options: { rpcCode?: number; data?: unknown; status?: number; cause?: unknown } = {}) {
    const rpcCode = options.rpcCode ?? INVALID_REQUEST;
    super(codeOf(rpcCode), reason, message, options);
    Object.defineProperty(this, "name", { value: "McpProtocolError" });
    this.rpcCode = rpcCode;
    this.data = options.data;
    this.status = options.status;
  }
}

/** Our own caller is to blame only where the other side says so. */
function codeOf(rpcCode: number): ErrorCode {
  if (rpcCode === INVALID_PARAMS) return "invalid";
  return rpcCode === METHOD_NOT_FOUND ? "unimplemented" : "unavailable";
}
