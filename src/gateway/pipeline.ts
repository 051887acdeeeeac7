import type { ServerStatus } from "../api/server-status.ts";
import { type Caller, decideAccess } from "../core/caller.ts";
import type { EdgePolicy } from "../core/edge-policy.ts";
import { classifyEra, isModernRevision } from "../mcp/classify.ts";
import { type Batch, type Envelope, type InvalidEnvelope, parseBody, type RequestEnvelope } from "../mcp/envelope.ts";
import { allowsBatch } from "../mcp/eras/2025-11-25/revisions.ts";
import { checkModernMessage } from "../mcp/eras/2026-07-28/check-request.ts";
import { INVALID_REQUEST, LEGACY_BAD_REQUEST, LEGACY_SESSION_NOT_FOUND, METHOD_NOT_FOUND } from "../mcp/json-rpc.ts";
import { refuseForeign } from "./access/foreign-request.ts";
import type { HeadMemory, KnownHead } from "./access/head-memory.ts";
import { resolvePlace, type Served } from "./access/resolve-place.ts";
import { serversInView } from "./access/servers-in-view.ts";
import { type Admission, admit, LISTEN, NO_STREAMS } from "./admit.ts";
import { type Answer, type AnswerStream, answerText } from "./answer.ts";
import { recordRequest } from "./audit/record-request.ts";
import { partOf, type RequestTrail } from "./audit/request-trail.ts";
import { readBody } from "./body.ts";
import type { CallOptions } from "./call/call-in-flight.ts";
import type { Connection } from "./call/turn.ts";
import { answerTasks } from "./dispatch/answer-tasks.ts";
import { type DispatchDeps, dispatchRequest } from "./dispatch/dispatch-request.ts";
import { exchange } from "./exchange.ts";
import { hasMethod } from "./execute/execute.ts";
import { refuseByHeaders } from "./govern/refuse-by-headers.ts";
import { largestBody } from "./govern/refuse-by-payload.ts";
import { authenticateOn, type IdentityRules } from "./identity/authenticate-on.ts";
import type { GrantCache } from "./identity/grant-cache.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { openListen } from "./listen/open-listen.ts";
import { carryOutModern, type ModernRequestDeps } from "./modern-request.ts";
import { taskTermsOf } from "./modern-task/task-terms.ts";
import { openSession } from "./open-session.ts";
import type { Outcome } from "./outcome.ts";
import { isRefusal, type Refusal, refusalMessage, refuse, refuseRpc } from "./refusal.ts";
import type { CallTimer } from "./resilience/call-timer.ts";
import { type McpRoute, matchRoute, type PairRoute, type Route } from "./route.ts";
import { type Scope, scopeOf, viewOf } from "./scope.ts";
import { type Accepted, type ClientMessageDeps, takeNotification, takeResponse } from "./session/client-messages.ts";
import type { LiveSession } from "./session/live-session.ts";
import { refuseVersion } from "./session/refuse-version.ts";
import { sessionHash } from "./session/session-table.ts";
import { openPair } from "./sse-pair/open-pair.ts";
import { type Posted, type TakePostedDeps, takeLinked, takePosted } from "./sse-pair/take-posted.ts";
import { beginsWork, refuseStopping } from "./stopping/begins-work.ts";
import type { StreamSettings } from "./stream/stream-settings.ts";
import { termsOf } from "./stream/stream-terms.ts";
import { noteTrace, type RequestTracing } from "./tracing/call-trace.ts";

export interface PipelineDeps extends ClientMessageDeps, TakePostedDeps {
  readonly edge: EdgePolicy;
  readonly grants: GrantCache;
  /** Every route but health takes a bearer and nothing else. */
  readonly multiUser: boolean;
  readonly served: Served;
  readonly heads: HeadMemory;
  /** Of every server, in the order in which they were named. */
  readonly statuses: () => readonly ServerStatus[];
  readonly limits: PipelineLimits;
  readonly streams: {
    readonly settings: StreamSettings;
    /** A slow reader was cut off. */
    readonly onCut: () => void;
  };
  readonly tracing: RequestTracing | undefined;
  readonly timer: CallTimer;
  readonly modern: ModernRequestDeps;
  readonly dispatch: DispatchDeps;
  /** Whether this gateway takes calls; false while it starts and while it stops. */
  readonly ready: () => boolean;
}

export interface PipelineLimits {
  readonly maxBodyBytes: number;
  readonly callTimeoutMs: number;
  readonly firstListWaitMs: number;
  readonly maxBatch: number;
}

const VERSION_HEADER = "mcp-protocol-version";

/**
 * The life of a request, in its order. Each stage gives what the next one needs, or a refusal, which ends it.
 * The trace id is there before, audit comes after, and answering is `http/`'s. A promise only where something is waited for.
 */
export function runPipeline(deps: PipelineDeps, request: IncomingRequest, trail: RequestTrail): Outcome | Promise<Outcome> {
  const known = deps.heads.recall(request.head, deps);
  const route = known?.route ?? passEdge(deps, request, trail);
  if (isRefusal(route)) return route;
  if (route.kind === "health") return { kind: "health", probe: route.probe, ready: deps.ready() };
  noteRoute(trail, route);
  const caller = authenticateOn(identityRules(deps), route, request, trail.address);
  // What is known now may not hold any more when the answer is there.
  return caller instanceof Promise
    ? caller.then((later) => runForCaller(deps, request, trail, route, later, undefined))
    : runForCaller(deps, request, trail, route, caller, known);
}

/** Where the request goes, from its headers alone. */
function passEdge(deps: PipelineDeps, request: IncomingRequest, trail: RequestTrail): Route | Refusal {
  const oversized = refuseByHeaders(request.headers, deps.policy.limits.maxHeaderBytes);
  if (oversized !== undefined) return oversized;
  const resumes = request.method === "GET" && request.headers.has("last-event-id");
  const route = matchRoute(deps.policy.routes, request.method, trail.path, resumes);
  if (isRefusal(route) || route.kind === "health") return route;
  const foreign = refuseForeign(deps.edge, deps.policy.ownOrigins, route, request.headers);
  // A refusal is written down with where it wanted to go.
  if (foreign !== undefined) noteRoute(trail, route);
  return foreign ?? route;
}

/** From the caller on, up to the body. */
function runForCaller(
  deps: PipelineDeps,
  request: IncomingRequest,
  trail: RequestTrail,
  route: Exclude<Route, { kind: "health" }>,
  caller: Caller | Refusal,
  known: KnownHead | undefined,
): Outcome | Promise<Outcome> {
  if (isRefusal(caller)) return caller;
  trail.caller = caller;
  if (route.kind === "servers") return listServers(deps, caller);
  if (known !== undefined && known.caller === caller) {
    trail.project = known.scope.place.project?.name;
    return runPost(deps, request, trail, known);
  }
  const place = resolvePlace(deps.served, deps.policy, route, caller);
  if (isRefusal(place)) return place;
  const scope = scopeOf(caller, place);
  trail.project = place.project?.name;
  if ("tasks" in route && route.tasks !== undefined) return answerTasks(deps, { scope, tasks: route.tasks, url: request.url });
  const misplaced = refuseModernMethod(request, route);
  if (misplaced !== undefined) return misplaced;
  if (request.method !== "POST") return runWithoutBody(deps, request, scope, route);
  const unsupported = checkContentType(request);
  if (unsupported !== undefined) return unsupported;
  const maxBytes = largestBody(place, deps.limits.maxBodyBytes);
  if ("dispatch" in route) return dispatch(deps, request, scope, maxBytes, trail);
  const found = { route, caller, scope, maxBytes };
  deps.heads.keep(request.head, deps, found);
  return runPost(deps, request, trail, found);
}

/** From the body on. */
function runPost(
  deps: PipelineDeps,
  request: IncomingRequest,
  trail: RequestTrail,
  { route, scope, maxBytes }: KnownHead,
): Outcome | Promise<Outcome> {
  const body = readBody(request, { maxBytes, maxDepth: deps.policy.limits.maxDepth });
  return body instanceof Promise
    ? body.then((text) => runBody(deps, request, trail, route, scope, text))
    : runBody(deps, request, trail, route, scope, body);
}

/** What was posted. */
function runBody(
  deps: PipelineDeps,
  request: IncomingRequest,
  trail: RequestTrail,
  route: McpRoute,
  scope: Scope,
  body: string | Refusal,
): Outcome | Promise<Outcome> {
  if (isRefusal(body)) return body;
  const message = parseBody(body);
  if (message.kind !== "batch") trail.message = message;
  noteTrace(trail, message);
  if (deps.stopping() && beginsWork(message)) return refuseStopping();
  if (message.kind === "invalid") return refuseRpc(message.code, message.message);
  if (route.kind === "pair") return runPosted(deps, request, scope, body, message, trail);
  if (message.kind === "batch") return runBatch(deps, request, scope, message, trail);
  return runMessage(deps, request, route, scope, message, trail);
}

/** GET and DELETE. */
function runWithoutBody(deps: PipelineDeps, request: IncomingRequest, scope: Scope, route: McpRoute): Outcome | Promise<Outcome> {
  if (request.method === "DELETE") return endSession(deps, request, scope);
  return deps.stopping() ? refuseStopping() : listen(deps, request, scope, route);
}

/** A call that is carried out once under its key. How deep its body nests is part of what it is judged by. */
async function dispatch(
  deps: PipelineDeps,
  request: IncomingRequest,
  scope: Scope,
  maxBytes: number,
  trail: RequestTrail,
): Promise<Outcome> {
  const body = await readBody(request, { maxBytes, maxDepth: Number.POSITIVE_INFINITY });
  if (isRefusal(body)) return body;
  if (deps.stopping()) return refuseStopping();
  const { headers } = request;
  const admitOne = (message: RequestEnvelope) => {
    noteTrace(trail, message);
    return admit(deps, scope, message, trail, headers.get("accept"), NO_STREAMS);
  };
  return dispatchRequest(deps, { scope, headers, body, admit: admitOne }, trail);
}

function identityRules({ grants, multiUser, policy: { ownOrigins } }: PipelineDeps): IdentityRules {
  return { grants, multiUser, ownOrigins };
}

function listServers({ served, statuses }: PipelineDeps, caller: Caller): Answer {
  return { kind: "answer", body: JSON.stringify({ servers: serversInView(served, caller, statuses()) }) };
}

/** What the path names, also where it is refused; who is told so is the reader of the audit log alone. */
function noteRoute(trail: RequestTrail, route: Exclude<Route, { kind: "health" }>): void {
  if (route.kind === "server") trail.server = route.server;
  trail.project = route.project;
}

/** A modern client has neither sessions nor streams of its own: it only posts. */
function refuseModernMethod({ method, headers }: IncomingRequest, { kind }: McpRoute): Refusal | undefined {
  if (method === "POST" || kind === "pair" || headers.has("mcp-session-id") || !isModernRevision(headers.get(VERSION_HEADER)))
    return undefined;
  return refuse("method_not_allowed", `${method} is not a method of revision 2026-07-28`, { allow: "POST" });
}

function checkContentType(request: IncomingRequest): Refusal | undefined {
  const type = request.headers.get("content-type");
  if (type !== null && /^application\/json\s*(;|$)/i.test(type)) return undefined;
  return refuse("unsupported_media_type", "The Content-Type must be application/json");
}

function runMessage(
  deps: PipelineDeps,
  request: IncomingRequest,
  route: McpRoute,
  scope: Scope,
  message: Envelope,
  trail: RequestTrail,
): Outcome | Promise<Outcome> {
  const era = classifyEra(message, request.headers.get(VERSION_HEADER));
  if (era === "modern" && message.kind !== "response") return runModern(deps, request, route, scope, message, trail);
  if (message.kind === "request" && message.method === "initialize")
    return openSession(deps, scope, message, request.headers.get("accept"));
  const session = requireSession(deps, request, scope, message.kind === "request" ? message.idText : "null");
  if (isRefusal(session)) return session;
  return runInSession(deps, request, scope, session, message, trail, request.headers.get("accept"));
}

/** What a message of a session asks for: a call is carried out, and anything else is taken. */
function runInSession(
  deps: PipelineDeps,
  request: Connection,
  scope: Scope,
  session: LiveSession,
  message: Envelope,
  trail: RequestTrail,
  accept: string | null,
): Promise<Answer | AnswerStream | Accepted | Refusal> | Accepted | Refusal {
  switch (message.kind) {
    case "request":
      return call(deps, request, scope, session, message, trail, accept);
    case "response":
      return takeResponse(deps, session, message);
    case "notification":
      return takeNotification(deps, session, viewOf(scope), message);
  }
}

/** A modern request stands for itself: it says who calls, and that is compared with its headers before anything else. */
async function runModern(
  deps: PipelineDeps,
  http: IncomingRequest,
  route: McpRoute,
  scope: Scope,
  message: Exclude<Envelope, { kind: "response" }>,
  trail: RequestTrail,
): Promise<Outcome> {
  const idText = message.kind === "request" ? message.idText : "null";
  const fault = checkModernMessage(http.headers, message);
  if (fault !== undefined) return refuseRpc(fault.code, fault.message, idText, 400, fault.data);
  if (message.kind === "notification") return { kind: "accepted" };
  const { method } = message;
  const taskTerms = taskTermsOf(deps);
  if (method !== LISTEN && !hasMethod("modern", method))
    return refuseRpc(METHOD_NOT_FOUND, `Method not found: ${method.slice(0, 100)}`, idText, 404);
  const admission = await admit(deps, scope, message, trail, http.headers.get("accept"));
  if (isRefusal(admission)) return admission;
  const { principalId, project, server, caller } = scope;
  const { view } = admission;
  const { terms } = admission.governed.streaming;
  const renew = async () => authenticateOn(identityRules(deps), route, http, trail.address);
  if (method === LISTEN)
    return openListen(deps.modern, {
      message,
      view,
      terms,
      principalId,
      project,
      server,
      caller,
      renew,
      hasTasks: taskTerms !== undefined,
    });
  const { callTimeoutMs: timeoutMs, firstListWaitMs } = deps.limits;
  const known = { traceId: trail.traceId, projectName: scope.place.project?.name, taskTerms, mayRun: mayRunIn(scope) };
  return carryOutModern(deps.modern, { http, message, ...admission, principalId, project, server, timeoutMs, firstListWaitMs, ...known });
}

function mayRunIn({ caller, place }: Scope): (handle: string) => boolean {
  return (name) => decideAccess(caller, { verb: "run", resource: "servers", name }, place.project?.name).allowed;
}

/** The session of a request: 400 where it names none, 404 where it is unknown, ended, or another's. */
function requireSession(deps: PipelineDeps, request: IncomingRequest, scope: Scope, idText: string): LiveSession | Refusal {
  const misread = refuseVersion(request.headers.get(VERSION_HEADER), idText);
  if (misread !== undefined) return misread;
  const id = request.headers.get("mcp-session-id");
  if (id === null) return refuseRpc(LEGACY_BAD_REQUEST, "Bad Request: the Mcp-Session-Id header is required; initialize first", idText);
  const session = deps.sessions.find(id);
  const claims = session?.claims;
  const bound = claims?.principalId === scope.principalId && claims.project === scope.project && claims.server === scope.server;
  if (session === undefined || !bound) return refuseRpc(LEGACY_SESSION_NOT_FOUND, "Session not found", idText, 404);
  session.caller = scope.caller;
  return session;
}

/** Scope and rights, then rate, then execution. */
function call(
  deps: PipelineDeps,
  connection: Connection,
  scope: Scope,
  session: LiveSession,
  request: RequestEnvelope,
  trail: RequestTrail,
  accept: string | null,
): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const carryOut = (admission: Admission | Refusal) =>
    isRefusal(admission) ? admission : callInView(deps, connection, admission, session, request);
  const admitted = admit(deps, scope, request, trail, accept);
  return admitted instanceof Promise ? admitted.then(carryOut) : carryOut(admitted);
}

function callInView(
  deps: PipelineDeps,
  connection: Connection,
  { view, governed, trace }: Admission,
  session: LiveSession,
  request: RequestEnvelope,
): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const { questions, timer, onFailure, limits } = deps;
  const { callTimeoutMs: timeoutMs, firstListWaitMs } = limits;
  const times = { timer, timeoutMs, firstListWaitMs };
  const call: CallOptions = { view, era: "legacy", caller: session, session, request, trace, ...times, governed, onFailure };
  return exchange({ call, session, connection, questions });
}

/** Batches are part of one revision alone; there, each message is carried out and the answers come together. */
async function runBatch(deps: PipelineDeps, request: IncomingRequest, scope: Scope, batch: Batch, trail: RequestTrail): Promise<Outcome> {
  if (classifyEra(batch) === "modern") return refuseRpc(INVALID_REQUEST, "Invalid Request: revision 2026-07-28 has no batches");
  const session = requireSession(deps, request, scope, "null");
  if (isRefusal(session)) return session;
  if (!allowsBatch(session.claims.revision)) return refuseRpc(INVALID_REQUEST, "Invalid Request: this revision has no batches");
  if (batch.items.length > deps.limits.maxBatch) {
    return refuseRpc(INVALID_REQUEST, `Invalid Request: a batch has at most ${deps.limits.maxBatch} messages`);
  }
  trail.inParts = true;
  const answers = await Promise.all(batch.items.map((item) => runPart(deps, request, scope, session, item, trail)));
  const texts = answers.filter((text) => text !== undefined);
  return texts.length === 0 ? { kind: "accepted" } : { kind: "answer", body: `[${texts.join(",")}]` };
}

/** One message of a batch, with an audit event of its own. */
async function runPart(
  deps: PipelineDeps,
  request: IncomingRequest,
  scope: Scope,
  session: LiveSession,
  item: Envelope | InvalidEnvelope,
  trail: RequestTrail,
): Promise<string | undefined> {
  const part = partOf(trail, item);
  const invalid = item.kind === "invalid" ? refuseRpc(item.code, item.message) : undefined;
  const outcome = invalid ?? (await runInSession(deps, request, scope, session, item as Envelope, part, null));
  recordRequest(deps, part, outcome);
  if (outcome.kind === "refusal") return refusalMessage(outcome, item.kind === "request" ? item.idText : "null");
  return outcome.kind === "answer" ? answerText(outcome) : undefined;
}

/** A message for a stream that answers it; none of its revisions has batches. */
function runPosted(
  deps: PipelineDeps,
  request: IncomingRequest,
  scope: Scope,
  body: string,
  message: Envelope | Batch,
  trail: RequestTrail,
): Refusal | Promise<Outcome> {
  if (message.kind === "batch") return refuseRpc(INVALID_REQUEST, "Invalid Request: this transport has no batches");
  return takePosted(deps, request, body, { scope, message, trail }, (session, posted) => carryOutPosted(deps, session, posted));
}

/** What is refused is told by the POST's status; the answer comes on the stream, whose end is the end of the call. */
async function carryOutPosted(deps: PipelineDeps, session: LiveSession, { scope, message, trail }: Posted): Promise<Outcome> {
  const connection = { signal: new AbortController().signal };
  if (message.kind !== "request") return runInSession(deps, connection, scope, session, message, trail, null);
  const admission = await admit(deps, scope, message, trail, null);
  if (isRefusal(admission)) return admission;
  const settled = callInView(deps, connection, admission, session, message);
  // Without an Accept nothing is answered as a stream.
  return isRefusal(settled) ? settled : { kind: "posted", settled: settled as Promise<Answer | Refusal> };
}

function listenByPair(deps: PipelineDeps, opening: IncomingRequest, scope: Scope, route: PairRoute): Outcome {
  return openPair(deps, route, scope, (pair, post) => {
    const scopeNow = async () => {
      const caller = await authenticateOn(identityRules(deps), route, opening, post.address);
      if (isRefusal(caller)) return caller;
      const place = resolvePlace(deps.served, deps.policy, route, caller);
      return isRefusal(place) ? place : scopeOf(caller, place);
    };
    return takeLinked(deps, pair, post, scopeNow, (session, posted) => carryOutPosted(deps, session, posted));
  });
}

/** Opens a stream outside of calls, where the route has any, or takes up the one that the client names. */
function listen(deps: PipelineDeps, request: IncomingRequest, scope: Scope, route: McpRoute): Outcome {
  if (route.kind === "pair") return listenByPair(deps, request, scope, route);
  const { place } = scope;
  const { stream } = deps.policy;
  const own = place.kind === "server" ? place.host.definition.policy.stream : undefined;
  if (!(own?.enabled ?? stream.enabled)) return refuse("method_not_allowed", "Streams are off here", { allow: "POST, DELETE" });
  const session = requireSession(deps, request, scope, "null");
  if (isRefusal(session)) return session;
  const lastEventId = request.headers.get("last-event-id");
  const open = lastEventId === null ? session.streams.openGeneral : session.streams.resume(lastEventId);
  const isElsewhere = open === session.streams.openGeneral && route.kind === "server" && route.project === undefined;
  if (open === undefined || isElsewhere) {
    return refuseRpc(LEGACY_BAD_REQUEST, "Bad Request: no stream can be resumed here from this Last-Event-ID");
  }
  return open === "nothing left" ? { kind: open } : { kind: "listen", open, terms: termsOf(stream, own) };
}

async function endSession(deps: PipelineDeps, request: IncomingRequest, scope: Scope): Promise<Outcome> {
  const session = requireSession(deps, request, scope, "null");
  if (isRefusal(session)) return session;
  const expiresAt = await deps.sessions.end(request.headers.get("mcp-session-id") ?? "", session);
  const { claims } = session;
  const target = sessionHash(claims);
  deps.link.tell({ kind: "ended", target, principalId: claims.principalId, message: expiresAt.toISOString() });
  return { kind: "ended" };
}
