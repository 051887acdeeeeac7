import type { ErrorCode } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import { readExcerpt } from "./bounded-body.ts";
import { answeredError, parseErrorBody } from "./incoming-message.ts";
import { isJsonObject } from "./json-object.ts";
import type { McpProtocolError } from "./mcp-protocol-error.ts";
import { McpTransportError } from "./mcp-transport-error.ts";

const MAX_BODY_BYTES = 16 * 1024;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "denied",
  404: "not_found",
  408: "deadline",
  409: "conflict",
  413: "exhausted",
  429: "exhausted",
  501: "unimplemented",
  504: "deadline",
};

/** These speak of the way to the server or of who asks, never of its MCP, whatever the body says. */
const ABOUT_TRANSPORT = new Set([401, 403, 408, 429]);

/** A reply whose status is no success, as the error to throw. Reads a bounded part of the body. */
export async function failedReply(response: Response): Promise<McpTransportError | McpProtocolError> {
  return classifyFailedReply(response.status, await readExcerpt(response, MAX_BODY_BYTES), response.headers.get("location"));
}

/** A JSON-RPC error with a status such as 400 or 404 is MCP's own answer; the rest is transport. */
export function classifyFailedReply(status: number, body: string, location: string | null = null): McpTransportError | McpProtocolError {
  const parsed = parseObject(body);
  const rpcError = parsed?.jsonrpc === "2.0" ? parseErrorBody(parsed.error) : undefined;
  if (rpcError !== undefined && status >= 400 && status < 500 && !ABOUT_TRANSPORT.has(status)) return answeredError(rpcError, status);
  const said = location === null ? serverMessage(parsed, body) : `it redirects to ${oneLine(location)}`;
  const hint = hintFor(status);
  return new McpTransportError(
    CODES[status] ?? "unavailable",
    `HTTP_${status}`,
    said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`,
    {
      status,
      bodyExcerpt: oneLine(body),
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

/** `{"error":{"code","message"}}`, `{"error":"…","error_description":"…"}`, `{"message":"…"}` or plain text. */
function serverMessage(parsed: Record<string, unknown> | undefined, body: string): string {
  if (parsed === undefined) return body.trimStart().startsWith("<") ? "" : oneLine(body);
  const { error } = parsed;
  const parts = isJsonObject(error) ? [error.code, error.message] : [error, parsed.error_description ?? parsed.message];
  const texts = parts.filter((part) => (typeof part === "string" && part !== "") || typeof part === "number");
  return oneLine(texts.join(": "));
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function hintFor(status: number): string | undefined {
  if (status >= 300 && status < 400) return "redirects are not followed, so that no token goes astray; use the new address itself";
  if (status === 404) return "check the path of the URL";
  if (status === 405) return "this address does not take MCP requests; check the path of the URL";
  return undefined;
}
