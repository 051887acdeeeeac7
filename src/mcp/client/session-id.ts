import { McpProtocolError } from "./mcp-protocol-error.ts";

/** Visible ASCII (2025-11-25, Session Management); the length is a bound of ours. */
const SESSION_ID = /^[\x21-\x7e]{1,4096}$/;

/** The session id in the header of an answer to `initialize`; undefined where the server keeps no sessions. Throws McpProtocolError. */
export function parseSessionId(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (!SESSION_ID.test(header)) throw new McpProtocolError("MCP_SESSION_ID_INVALID", "The session id is not visible ASCII");
  return header;
}
