import { type BackoffPolicy, backoffMs } from "../../../core/backoff.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import { INITIALIZE_PARAMS, parseInitializeResult } from "../initialize-request.ts";
import type { Connection } from "../keep-connected.ts";
import type { InitializeResult } from "../upstream.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream-errors.ts";
import {
  connectionError,
  eventsOf,
  type HttpSession,
  type HttpTarget,
  handleServerMessage,
  parseMessage,
  post,
  readReply,
  sessionOf,
} from "./http-exchange.ts";

/** A session of the gateway's own with a URL; what callers need beside it they open themselves. */
export interface HttpConnection extends Connection {
  readonly session: HttpSession;
  /** Ends this life: the server is gone. */
  fail(reason: string): void;
}

const CLOSE_TIMEOUT_MS = 1000;
const LISTEN_AGAIN: BackoffPolicy = { firstMs: 500, maxMs: 30_000 };

/** Shakes hands with a server. The server may give a session; one that gives none keeps none. */
export async function openSession(
  target: HttpTarget,
  signal: AbortSignal,
): Promise<{ readonly session: HttpSession; readonly initialized: InitializeResult }> {
  const idText = '"mcpctl-initialize"';
  const body = `{"jsonrpc":"2.0","id":${idText},"method":"initialize","params":${INITIALIZE_PARAMS}}`;
  const response = await post(target, undefined, body, signal);
  if (target.refusalOf === undefined && (response.status === 401 || response.status === 403)) {
    response.body.drop();
    throw upstreamBroken(target.handle, `it refused us with HTTP ${response.status}`);
  }
  const answer = await readReply(target, undefined, response, { idText, onNotification: undefined });
  if (typeof answer !== "string") {
    if (answer instanceof ReadableStream) await answer.cancel();
    throw upstreamBroken(target.handle, "its answer to initialize is too large");
  }
  const initialized = parseInitializeResult(target.handle, parseMessage(target, answer));
  const session = sessionOf(target.handle, response.headers.get("mcp-session-id"), initialized.protocolVersion);
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
  void keepListening(target, session, over.signal).then((reason) => reason !== undefined && fail(reason));
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

/**
 * Reads the server's own stream, again and again: servers end one now and then. Resolves with a reason where the
 * session is known to be over, with undefined where there is no stream to read. Never rejects.
 */
async function keepListening(target: HttpTarget, session: HttpSession, signal: AbortSignal): Promise<string | undefined> {
  let hadOne = false;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const heard = await listen(target, session, signal).catch(() => "broke" as const);
    // A server without a stream may say 404 too; one that had a stream means the session.
    if (heard === "not found" && hadOne) return "its session is over";
    if (heard === "no stream" || heard === "not found") return undefined;
    if (heard === "ended") {
      hadOne = true;
      attempt = 1;
    }
    await waitOrAbort(backoffMs(LISTEN_AGAIN, attempt, Math.random()), signal);
  }
  return undefined;
}

/** Reads the stream until it ends; throws where it breaks. */
async function listen(target: HttpTarget, session: HttpSession, signal: AbortSignal): Promise<"ended" | "no stream" | "not found"> {
  const headers = { ...session.headers, accept: "text/event-stream" };
  const response = await target.client.send({ method: "GET", headers, signal });
  const isStream = response.status === 200 && (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  if (!isStream) {
    response.body.drop();
    return response.status === 404 ? "not found" : "no stream";
  }
  for await (const text of eventsOf(target, response)) handleServerMessage(target, session, parseMessage(target, text), () => {});
  return "ended";
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
