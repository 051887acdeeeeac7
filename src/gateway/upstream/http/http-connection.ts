import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Connection } from "../keep-connected.ts";
import type { Peer } from "../peer.ts";
import type { InitializeResult } from "../upstream.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream-errors.ts";
import { connectionError, type HttpSession, type HttpTarget, parseMessage, post, sessionOf } from "./http-exchange.ts";
import { readReply } from "./read-reply.ts";
import { type Listener, NOBODY } from "./server-message.ts";
import { readSessionStream, streamStart } from "./session-stream.ts";

/** A session of the gateway's own with a URL; what callers need beside it they open themselves. */
export interface HttpConnection extends Connection {
  readonly session: HttpSession;
  /** Ends this life: the server is gone. */
  fail(reason: string): void;
}

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
  const answer = await readReply(target, undefined, response, { idText, listener: NOBODY });
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

/** Opens the gateway's own session, and listens on its stream where the server has one. */
export async function connectHttp(target: HttpTarget, signal: AbortSignal, connectTimeoutMs: number): Promise<HttpConnection> {
  const { session, initialized } = await withinTime(target, signal, connectTimeoutMs, (limited) => openSession(target, limited));
  const over = new AbortController();
  const { promise: closed, resolve: fail } = Promise.withResolvers<string>();
  void closed.then(() => over.abort());
  void readSessionStream(target, session, gatewayListener(target), streamStart(), over.signal).then(
    (reason) => reason !== undefined && fail(reason),
  );
  return {
    initialized,
    session,
    closed,
    fail,
    close: async () => {
      fail("it is stopped");
      await endSession(target, session);
    },
  };
}

/** The gateway has subscribed to resources in its own session, and to nothing else that has words. */
function gatewayListener({ events }: HttpTarget): Listener {
  return { ...NOBODY, onNotification: (text) => tellUpdate(text, events.resourceUpdated) };
}

function tellUpdate(text: string, resourceUpdated: (uri: string) => void): void {
  const { method, params } = JSON.parse(text) as { method?: unknown; params?: { uri?: unknown } };
  if (method === "notifications/resources/updated" && typeof params?.uri === "string") resourceUpdated(params.uri);
}

async function withinTime<T>(target: HttpTarget, signal: AbortSignal, ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const late = upstreamUnavailable(target.handle, `it did not answer initialize within ${Math.round(ms / 1000)} s`);
  const timer = setTimeout(() => limit.abort(), ms);
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } catch (thrown) {
    throw limit.signal.aborted ? late : connectionError(target.handle, thrown);
  } finally {
    clearTimeout(timer);
  }
}
