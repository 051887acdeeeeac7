import { isModernError } from "../../../mcp/eras/2026-07-28/error-codes.ts";
import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Peer } from "../peer.ts";
import type { InitializeResult } from "../upstream.ts";
import { upstreamBroken } from "../upstream-errors.ts";
import { type HttpSession, type HttpTarget, parseMessage, post, sessionOf } from "./http-exchange.ts";
import { readReply } from "./read-reply.ts";
import { NOBODY, takeServerMessage } from "./server-message.ts";

const CLOSE_TIMEOUT_MS = 1000;

/**
 * Shakes hands with a server, as this client or as the gateway itself. The server may give a session; one that gives none
 * keeps none.
 */
export async function openSession(
  target: HttpTarget,
  signal: AbortSignal,
  peer?: Peer,
): Promise<{ readonly session: HttpSession; readonly initialized: InitializeResult }> {
  const idText = '"mcpctl-initialize"';
  const body = `{"jsonrpc":"2.0","id":${idText},"method":"initialize","params":${initializeParams(peer)}}`;
  const response = await post(target, undefined, body, signal);
  if (target.refusalOf === undefined && (response.status === 401 || response.status === 403)) {
    response.body.drop();
    throw upstreamBroken(target.handle, `it refused us with HTTP ${response.status}`);
  }
  const answer = await readReply(target, undefined, response, {
    idText,
    take: (text, message) => takeServerMessage(target, undefined, text, message, NOBODY),
    onError: (code) => isModernError(code) && target.onContradiction("initialize"),
  });
  if (typeof answer !== "string") {
    if (answer instanceof ReadableStream) await answer.cancel();
    throw upstreamBroken(target.handle, "its answer to initialize is too large");
  }
  const initialized = parseInitializeResult(target.handle, parseMessage(target, answer));
  const session = sessionOf(target.handle, response.headers.get("mcp-session-id"), initialized);
  const noted = await post(target, session, '{"jsonrpc":"2.0","method":"notifications/initialized"}', signal);
  noted.body.drop();
  return { session, initialized };
}

/** Tells the server that a session is over; one that does not listen loses nothing by it. */
export async function endSession(target: HttpTarget, session: HttpSession): Promise<void> {
  if (session.id === undefined) return;
  try {
    const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    const response = await target.client.send({ method: "DELETE", headers: session.headers, signal });
    response.body.drop();
  } catch {
    // It has gone before us.
  }
}
