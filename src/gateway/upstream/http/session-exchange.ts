import { AppError } from "../../../core/app-error.ts";
import { isModernError } from "../../../mcp/eras/2026-07-28/error-codes.ts";
import { withTraceHeaders } from "../../tracing/trace-headers.ts";
import { answerFor, cancelText, hopParams, progressFor, requestText } from "../hop.ts";
import type { LegacyCall } from "../legacy-call.ts";
import type { Peer } from "../peer.ts";
import type { UpstreamAnswer, UpstreamCall } from "../upstream.ts";
import { connectionError, type HttpSession, type HttpTarget, plainAnswer, postAndForget } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import type { LegacyFace } from "./legacy-side.ts";
import { type ReplyOptions, readReply } from "./read-reply.ts";
import { takeServerMessage } from "./server-message.ts";
import type { SessionTable } from "./session-table.ts";

/**
 * Asks, and once more with a new session where the server no longer knows the old one: a 404 means that nothing has run.
 * Never throws at once.
 */
export function exchange(target: HttpTarget, sessions: SessionTable, connection: LegacyFace, call: LegacyCall): Promise<UpstreamAnswer> {
  const session = sessions.get(connection, call.peer);
  return session instanceof Promise
    ? session.then((opened) => exchangeIn(target, sessions, connection, opened, call))
    : exchangeIn(target, sessions, connection, session, call);
}

function exchangeIn(
  target: HttpTarget,
  sessions: SessionTable,
  connection: LegacyFace,
  session: HttpSession,
  call: LegacyCall,
): Promise<UpstreamAnswer> {
  const asked = session.inFlight === undefined ? ask(target, sessions, session, call) : askNoted(target, sessions, session, call);
  return asked.then((answer) => (answer === SESSION_UNKNOWN ? askAnew(target, sessions, connection, session, call) : answer));
}

async function askAnew(
  target: HttpTarget,
  sessions: SessionTable,
  connection: LegacyFace,
  session: HttpSession,
  call: LegacyCall,
): Promise<UpstreamAnswer> {
  if (call.peer === undefined) {
    connection.fail("its session is over");
    throw new AppError("unavailable", "UPSTREAM_UNAVAILABLE", `Server ${target.handle} has ended its session`);
  }
  const again = await askNoted(target, sessions, await sessions.renewFrom(session, connection, call.peer), call);
  if (again !== SESSION_UNKNOWN) return again;
  throw new AppError("unavailable", "UPSTREAM_UNAVAILABLE", `Server ${target.handle} does not know the session it has just given`);
}

const SESSION_UNKNOWN = Symbol("session unknown");
type Asked = Promise<UpstreamAnswer | typeof SESSION_UNKNOWN>;

/** The same, and notes meanwhile that the call is on its way. */
async function askNoted(target: HttpTarget, sessions: SessionTable, session: HttpSession, call: LegacyCall): Asked {
  session.inFlight?.add(call);
  try {
    return await ask(target, sessions, session, call);
  } finally {
    session.inFlight?.delete(call);
  }
}

function ask(target: HttpTarget, sessions: SessionTable, session: HttpSession, call: LegacyCall): Asked {
  // In a session of its own a caller's ids are its own; without one all callers are one to the server.
  if (session.id === undefined) return askShared(target, session, call, sessions.nextSharedId());
  const level = call.logLevel ?? call.peer?.logLevel;
  // Most clients want no log at all.
  if (level === undefined || level === session.logLevel || !session.logs) return askAlone(target, session, call);
  if (call.method !== "logging/setLevel") return askWithLevel(target, session, call, level);
  session.logLevel = level;
  return askAlone(target, session, call);
}

/** Tells the server first which log messages its client wants from now on. */
async function askWithLevel(target: HttpTarget, session: HttpSession, call: LegacyCall, level: string): Asked {
  const told = session.logLevel;
  session.logLevel = level;
  const paramsText = JSON.stringify({ level });
  const noted = await askAlone(target, session, { ...call, idText: '"mcpctl-level"', method: "logging/setLevel", paramsText });
  if (noted === SESSION_UNKNOWN) session.logLevel = told;
  return noted === SESSION_UNKNOWN ? noted : askAlone(target, session, call);
}

async function askShared(target: HttpTarget, session: HttpSession, call: LegacyCall, id: number): Asked {
  const { paramsText } = call;
  const answer = await askAlone(target, session, {
    ...call,
    whole: true,
    idText: String(id),
    paramsText: paramsText === undefined ? undefined : hopParams(paramsText, id),
    onNotification: call.onNotification && ((notice) => passNotice(call, id, notice)),
  });
  if (answer === SESSION_UNKNOWN) return answer;
  return typeof answer === "string" ? (answerFor(call, answer) ?? answer) : answer;
}

/** A server that takes all callers for one may mix them up: progress passes under this call's own token, or not at all. */
function passNotice(call: UpstreamCall, id: number, notice: string): void {
  const { method, params } = JSON.parse(notice) as { method?: unknown; params?: { progressToken?: unknown } };
  const isProgress = method === "notifications/progress";
  const own = params?.progressToken === id ? progressFor(call, notice) : undefined;
  const passed = isProgress ? own : notice;
  if (passed !== undefined) call.onNotification?.(passed);
}

function askAlone(target: HttpTarget, session: HttpSession, call: LegacyCall): Asked {
  const { idText, method, paramsText, signal } = call;
  const body = requestText(idText, method, paramsText);
  const failed = (thrown: unknown): never => {
    if (signal.aborted) void postAndForget(target, session, cancelText(idText));
    throw connectionError(target.handle, thrown);
  };
  return target.client
    .send({ method: "POST", headers: withTraceHeaders(session.postHeaders, call.trace), body, signal })
    .then((response) => plainAnswer(response, idText) ?? readAnswer(target, session, call, response).catch(failed), failed);
}

/** Of a reply that is not as nearly every one is. */
async function readAnswer(target: HttpTarget, session: HttpSession, call: LegacyCall, response: Http1Response): Asked {
  if (response.status !== 404 || session.id === undefined) return readReply(target, session, response, replyOptions(target, session, call));
  response.body.drop();
  return SESSION_UNKNOWN;
}

const NOTHING: Peer["capabilities"] = {};

function replyOptions(target: HttpTarget, session: HttpSession, call: LegacyCall): ReplyOptions {
  const { idText, peer, onNotification, onQuestion, onPoll, signal, whole } = call;
  const listener = { onNotification, ask: onQuestion, capabilities: peer?.capabilities ?? NOTHING };
  const onError = (code: unknown) => isModernError(code) && target.onContradiction();
  return { idText, take: (text, message) => takeServerMessage(target, session, text, message, listener), onError, onPoll, signal, whole };
}
