import { AppError } from "../../../core/app-error.ts";
import { isModernError } from "../../../mcp/eras/2026-07-28/error-codes.ts";
import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Peer } from "../peer.ts";
import type { InitializeResult } from "../upstream.ts";
import { upstreamBroken } from "../upstream-errors.ts";
import { type HttpSession, type HttpTarget, parseMessage, post, sessionOf } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import { readReply } from "./read-reply.ts";
import { NOBODY, takeServerMessage } from "./server-message.ts";

const CLOSE_TIMEOUT_MS = 1000;

/** The statuses with which servers of the older pair of HTTP and SSE refuse a message at their URL (2025-11-25, "Backwards compatibility"). */
const NO_STREAMABLE_HTTP = new Set([400, 404, 405]);

/** As the cause of a failed handshake: the server may not speak Streamable HTTP at all. */
export class RefusedHandshake extends Error {
  override readonly name = "RefusedHandshake";
}

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
  const initialized = await readInitialized(target, response, idText);
  const session = sessionOf(target.handle, response.headers.get("mcp-session-id"), initialized);
  const noted = await post(target, session, '{"jsonrpc":"2.0","method":"notifications/initialized"}', signal);
  noted.body.drop();
  return { session, initialized };
}

async function readInitialized(target: HttpTarget, response: Http1Response, idText: string): Promise<InitializeResult> {
  let modern = false;
  try {
    const answer = await readReply(target, undefined, response, {
      idText,
      take: (text, message) => takeServerMessage(target, undefined, text, message, NOBODY),
      onError: (code) => {
        modern = isModernError(code);
        if (modern) target.onContradiction("initialize");
      },
    });
    if (typeof answer === "string") return parseInitializeResult(target.handle, parseMessage(target, answer), target.shown);
    if (answer instanceof ReadableStream) await answer.cancel();
    throw upstreamBroken(target.handle, "its answer to initialize is too large");
  } catch (thrown) {
    const refused = !modern && NO_STREAMABLE_HTTP.has(response.status) && thrown instanceof AppError;
    throw refused ? new AppError(thrown.code, thrown.reason, thrown.message, { cause: new RefusedHandshake(thrown.message) }) : thrown;
  }
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
