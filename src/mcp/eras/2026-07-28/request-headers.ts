import { MODERN_VERSION_KEY } from "../../classify.ts";
import { encodeHeaderValue } from "./header-value.ts";

/** The field of the params that `Mcp-Name` repeats. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  // With the tasks extension.
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/** The field of the params that `Mcp-Name` repeats for this method; undefined where it has none. */
export function namedBy(method: string): string | undefined {
  return NAMED_BY.get(method);
}

/**
 * The headers that repeat what a modern message says (2026-07-28, Streamable HTTP, "Request headers"), names in lower
 * case. What the message does not say, or not as text, is left out: the server then says what is missing.
 */
export function requestHeaders(method: string, params: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = { "mcp-method": encodeHeaderValue(method) };
  const meta = params._meta as Readonly<Record<string, unknown>> | null | undefined;
  const version = meta?.[MODERN_VERSION_KEY];
  if (typeof version === "string") headers["mcp-protocol-version"] = encodeHeaderValue(version);
  const field = NAMED_BY.get(method);
  const name = field === undefined ? undefined : params[field];
  if (typeof name === "string") headers["mcp-name"] = encodeHeaderValue(name);
  return headers;
}
