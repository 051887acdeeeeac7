import { REFUSAL_STATUS } from "../refusal.ts";

/** Reasons of ours that an answer in band may carry. */
const REASONS = ["UPSTREAM_LOST", "UPSTREAM_BROKEN", "CALL_TIMEOUT", "CALL_CANCELED", "LINE_TOO_LONG", "HTTP_BODY_TOO_LARGE", "INTERNAL"];
/** Codes of JSON-RPC and MCP, both eras. */
const RPC = [-32700, -32600, -32601, -32602, -32603, -32000, -32001, -32002, -32020, -32021, -32022, -32042];

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(REFUSAL_STATUS), "tool_error", ...REASONS, ...RPC.map(String)]);

/** What an outcome is counted as: `ok`, a code or reason of a fixed set, or `other`, since a server answers with any it likes. */
export function codeClass(code: string | undefined): string {
  if (code === undefined) return "ok";
  return KNOWN.has(code) ? code : "other";
}
