import { AppError, type ErrorCode } from "../../core/app-error.ts";

/**
 * The other side could not be reached or would not serve: network, timeout, an HTTP
 * status that is no success. Nothing is known about its MCP.
 */
export class McpTransportError extends AppError {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The first part of the answer's body. */
  readonly bodyExcerpt: string | undefined;

  constructor(
    code: ErrorCode,
    reason: string,
    message: string,
    options: { status?: number; bodyExcerpt?: string; cause?: unknown; hint?: string } = {},
  ) {
    super(code, reason, message, options);
    Object.defineProperty(this, "name", { value: "McpTransportError" });
    this.status = options.status;
    this.bodyExcerpt = options.bodyExcerpt;
  }
}
