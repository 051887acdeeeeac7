import type { FetchLike } from "../../mcp/client/fetch-like.ts";
import { type HealthVerdict, mcpHealthCheck } from "../../mcp/client/mcp-health-check.ts";
import { McpHttpSession } from "../../mcp/client/mcp-http-session.ts";

/** The part of a session that a test needs. */
export type TestMcpSession = Pick<McpHttpSession, "initialize" | "listTools" | "callTool" | "close">;

export interface TestMcpDeps {
  openSession(url: string, options: { readonly bearer?: string; readonly timeoutMs: number }): TestMcpSession;
  checkHealth(base: string, options: { readonly timeoutMs: number }): Promise<HealthVerdict>;
  /** Milliseconds of a clock that only goes forward. */
  nowMs(): number;
}

/** The real thing: sessions and checks over `fetch`. */
export function networkTestMcpDeps(fetchLike: FetchLike = fetch): TestMcpDeps {
  return {
    openSession: (url, options) => new McpHttpSession(url, { ...options, fetch: fetchLike }),
    checkHealth: (base, options) => mcpHealthCheck(base, { ...options, fetch: fetchLike }),
    nowMs: () => performance.now(),
  };
}
