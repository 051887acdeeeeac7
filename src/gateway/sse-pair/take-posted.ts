import { toAppError } from "../../core/app-error.ts";
import { classifyEra } from "../../mcp/classify.ts";
import { type Envelope, parseBody, type RequestEnvelope } from "../../mcp/envelope.ts";
import { MODERN_REVISION } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import { INVALID_REQUEST, LEGACY_BAD_REQUEST, LEGACY_SESSION_NOT_FOUND } from "../../mcp/json-rpc.ts";
import { type RecordDeps, recordRequest } from "../audit/record-request.ts";
import { beginTrail, type RequestTrail } from "../audit/request-trail.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import { holderOf, type LinkMessage, type LinkReply, NOT_HELD, type ReplicaLink } from "../link/replica-link.ts";
import { type OpenSessionDeps, openSession } from "../open-session.ts";
import type { Outcome } from "../outcome.ts";
import { isRefusal, type Refusal, refuse, refuseRpc } from "../refusal.ts";
import type { Scope } from "../scope.ts";
import type { LiveSession } from "../session/live-session.ts";
import { refuseVersion } from "../session/refuse-version.ts";
import { beginsWork, refuseStopping } from "../stopping/begins-work.ts";
import type { LinkedPost, PairStream } from "./pair-stream.ts";
import type { PairStreams } from "./pair-streams.ts";

export interface TakePostedDeps extends OpenSessionDeps, RecordDeps {
  readonly pairs: PairStreams;
  readonly link: ReplicaLink;
  /** Whether it takes nothing new any more, and finishes what it has. */
  readonly stopping: () => boolean;
}

/** A message for a stream of the HTTP+SSE transport, and who posts it. */
export interface Posted {
  readonly scope: Scope;
  readonly message: Envelope;
  readonly trail: RequestTrail;
}

/** Carries out a message in its session. */
export type CarryOut = (session: LiveSession, posted: Posted) => Promise<Outcome>;

/** Takes a message for the stream that the URL names, wherever that is; it is answered there. 404 where it is not this caller's. */
export async function takePosted(
  deps: TakePostedDeps,
  { url, headers }: IncomingRequest,
  body: string,
  posted: Posted,
  carryOut: CarryOut,
): Promise<Outcome> {
  const { scope, message } = posted;
  const idText = idTextOf(message);
  const misread = refuseVersion(headers.get("mcp-protocol-version") ?? claimed(message), idText);
  if (misread !== undefined) return misread;
  const id = new URL(url).searchParams.get("session_id");
  if (id === null) return refuseRpc(LEGACY_BAD_REQUEST, "Bad Request: session_id is missing; open the stream first", idText);
  const holder = holderOf(id);
  if (holder !== undefined && holder !== deps.link.self) return postElsewhere(deps.link, holder, id, body, posted);
  const pair = deps.pairs.find(id, scope.principalId, scope.project);
  return pair === undefined ? notFound(idText) : takeHere(deps, pair, posted, carryOut);
}

function idTextOf(message: Envelope): string {
  return message.kind === "request" ? message.idText : "null";
}

/** The revision that has no such streams, where the message says that it is of that one. */
function claimed(message: Envelope): string | null {
  return message.kind !== "response" && classifyEra(message) === "modern" ? MODERN_REVISION : null;
}

function notFound(idText: string): Refusal {
  return refuseRpc(LEGACY_SESSION_NOT_FOUND, "Session not found", idText, 404);
}

async function takeHere(deps: TakePostedDeps, pair: PairStream, posted: Posted, carryOut: CarryOut): Promise<Outcome> {
  const { message, scope } = posted;
  const idText = idTextOf(message);
  if (message.kind === "request" && message.method === "initialize") return begin(deps, pair, scope, message);
  if (pair.sealed === undefined) return refuseRpc(LEGACY_BAD_REQUEST, "Bad Request: initialize first", idText);
  const session = deps.sessions.find(pair.sealed);
  if (session === undefined) return notFound(idText);
  session.caller = scope.caller;
  const outcome = await carryOut(session, posted);
  if (outcome.kind === "posted") void pair.answer(outcome.settled, idText);
  return outcome;
}

/** The session's id stays here: the client has the stream. */
async function begin(deps: TakePostedDeps, pair: PairStream, scope: Scope, message: RequestEnvelope): Promise<Outcome> {
  if (pair.sealed !== undefined) return refuseRpc(INVALID_REQUEST, "Invalid Request: this session has begun already", message.idText);
  const opened = await openSession(deps, scope, message, null);
  if (opened.kind !== "answer" || opened.sessionId === undefined) return opened;
  const session = deps.sessions.find(opened.sessionId);
  if (session === undefined || pair.isOver || pair.sealed !== undefined) {
    deps.sessions.drop(opened.sessionId);
    return notFound(message.idText);
  }
  session.caller = scope.caller;
  pair.begin(opened.sessionId, session);
  const settled = Promise.resolve(opened);
  void pair.answer(settled, message.idText);
  return { kind: "posted", settled };
}

/** The process that holds the stream carries it out, and what it refuses is refused here. */
async function postElsewhere(link: ReplicaLink, holder: string, id: string, body: string, posted: Posted): Promise<Outcome> {
  const { scope, message, trail } = posted;
  const { traceId, address } = trail;
  const post: LinkedPost = { project: scope.project, body, traceId, address };
  const reply = await link.send(holder, { kind: "posted", target: id, principalId: scope.principalId, message: JSON.stringify(post) });
  if (reply?.held === true) return reply.answer === undefined ? { kind: "accepted" } : (JSON.parse(reply.answer) as Refusal);
  if (reply !== undefined) return notFound(idTextOf(message));
  return refuseRpc(LEGACY_SESSION_NOT_FOUND, "Session not found: the process that holds it cannot be reached", idTextOf(message), 404);
}

/** Carries out what another process has taken for a stream that is held here. Never rejects. */
export async function answerPosted(pairs: PairStreams, { target, principalId, message }: LinkMessage): Promise<LinkReply> {
  const post = JSON.parse(message) as LinkedPost;
  const pair = pairs.find(target, principalId, post.project);
  if (pair === undefined) return NOT_HELD;
  const refusal = await pair.takeLinked(post);
  return refusal === undefined ? { held: true } : { held: true, answer: JSON.stringify(refusal) };
}

/**
 * Carries it out with the rights that its client has now, by what the stream was opened with. What is refused is written
 * down by the process that says so to the client. Never rejects.
 */
export async function takeLinked(
  deps: TakePostedDeps,
  pair: PairStream,
  { body, traceId, address }: LinkedPost,
  scopeNow: () => Promise<Scope | Refusal>,
  carryOut: CarryOut,
): Promise<Refusal | undefined> {
  try {
    const scope = await scopeNow();
    if (isRefusal(scope)) return scope;
    const message = parseBody(body);
    if (message.kind === "batch" || message.kind === "invalid") throw new Error("the other process passes on messages alone");
    if (scope.principalId !== pair.principalId || scope.project !== pair.project) return notFound(idTextOf(message));
    if (deps.stopping() && beginsWork(message)) return refuseStopping();
    const trail = beginTrail({ traceId, address, httpMethod: "POST", path: "", startedAt: deps.monotonicNow() });
    Object.assign(trail, { caller: scope.caller, project: scope.place.project?.name, message });
    const outcome = await takeHere(deps, pair, { scope, message, trail }, carryOut);
    if (isRefusal(outcome)) return outcome;
    recordRequest(deps, trail, outcome);
    return undefined;
  } catch (thrown) {
    deps.onFailure(toAppError(thrown));
    return refuse("internal_error", "Something failed inside; the log has the details");
  }
}
