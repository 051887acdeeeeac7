import { AppError } from "../../../src/core/app-error.ts";
import type { Target } from "../targets/target.ts";

export const PROTOCOL_VERSION = "2025-11-25";
const TIMEOUT_MS = 15_000;

/**
 * Initializes one session at the target and returns the headers that its calls carry.
 *
 * Every target gets the same ones, whether it looks at them or not.
 * Throws `unavailable`/`BENCH_SESSION_REFUSED`.
 */
export async function openSession(target: Target, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  const headers = {
    Authorization: `Bearer ${target.bearer}`,
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": PROTOCOL_VERSION,
  };
  const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: "mcpctl-bench", version: "1" } };
  const welcome = await post(target, headers, { jsonrpc: "2.0", id: 1, method: "initialize", params }, signal);
  const session = welcome.headers.get("mcp-session-id");
  if (session === null)
    throw new AppError("unavailable", "BENCH_SESSION_REFUSED", `${target.name} opened no session: ${await welcome.text()}`);
  await welcome.body?.cancel();
  const withSession = { ...headers, "Mcp-Session-Id": session };
  const noted = await post(target, withSession, { jsonrpc: "2.0", method: "notifications/initialized" }, signal);
  await noted.body?.cancel();
  return withSession;
}

async function post(target: Target, headers: Record<string, string>, message: unknown, signal: AbortSignal): Promise<Response> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(target.url, { method: "POST", headers, body: JSON.stringify(message), signal: limit });
  if (response.ok) return response;
  const said = (await response.text()).slice(0, 200);
  throw new AppError(
    "unavailable",
    "BENCH_SESSION_REFUSED",
    `${target.name} answered ${response.status} to ${JSON.stringify(message)}: ${said}`,
  );
}
