import { AppError } from "../../../core/app-error.ts";
import { oneLine } from "../../../core/one-line.ts";
import type { FetchLike } from "../../../mcp/client/fetch-like.ts";
import { McpHttpSession } from "../../../mcp/client/mcp-http-session.ts";
import { McpProtocolError } from "../../../mcp/client/mcp-protocol-error.ts";
import { McpTransportError } from "../../../mcp/client/mcp-transport-error.ts";
import type { Answer } from "../probe-ports.ts";
import { directFetch } from "./direct-fetch.ts";
import { discoverModern } from "./discover-modern.ts";

/** No handshake is larger. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Opens a session as a legacy client does, and ends it when the answer is released; a server that refuses that is asked
 * `server/discover` as a modern client does. Speaks to the given address alone, whatever proxy or redirect there is.
 */
export async function askMcp(url: string, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<Answer> {
  const fetch: FetchLike = (to, init) =>
    directFetch(to, { ...init, signal: init.signal == null ? signal : AbortSignal.any([init.signal, signal]) });
  const session = new McpHttpSession(url, { timeoutMs, maxBodyBytes: MAX_BODY_BYTES, fetch });
  try {
    const { protocolVersion, serverInfo } = await session.initialize();
    return { ok: true, detail: `${oneLine(serverInfo.name, 80)} speaks MCP ${protocolVersion}`, release: () => session.close() };
  } catch (thrown) {
    signal.throwIfAborted();
    await session.close();
    if (!(thrown instanceof AppError)) throw thrown;
    return (mayBeModern(thrown) ? await discoverModern(url, fetch, MAX_BODY_BYTES) : undefined) ?? { ok: false, reason: reasonOf(thrown) };
  }
}

/** Whatever the server itself refused; one that cannot be reached or fails has said nothing of its era. */
function mayBeModern(error: AppError): boolean {
  if (error instanceof McpProtocolError) return true;
  return error instanceof McpTransportError && (error.status === 400 || error.status === 404 || error.status === 405);
}

function reasonOf(error: AppError): string {
  const wantsCredential = error instanceof McpTransportError && (error.status === 401 || error.status === 403);
  return wantsCredential
    ? `${error.message} (it wants a credential, which a health check has not; check its port with tcp)`
    : error.message;
}
