import { type AppError, toAppError } from "../core/app-error.ts";
import { type EdgePolicy, foreignPart } from "../core/edge-policy.ts";
import { classifyEra, MODERN_VERSION_KEY } from "../mcp/classify.ts";
import { type Batch, type Envelope, type InvalidEnvelope, parseBody, type RequestEnvelope } from "../mcp/envelope.ts";
import { allowsBatch, isLegacyRevision } from "../mcp/eras/2025-11-25/revisions.ts";
import { refuseModern } from "../mcp/eras/2026-07-28/refuse-modern.ts";
import { errorMessage, INVALID_REQUEST, LEGACY_BAD_REQUEST, LEGACY_SESSION_NOT_FOUND, resultMessage } from "../mcp/json-rpc.ts";
import { readBody } from "./body.ts";
import type { View } from "./catalog/view.ts";
import type { Principal } from "./control-plane.ts";
import { type Answer, type AnswerStream, exchange } from "./exchange.ts";
import { initializeProject, initializeServer } from "./execute/initialize.ts";
import { authenticate } from "./identity/authenticate.ts";
import type { GrantCache } from "./identity/grant-cache.ts";
import { isRefusal, type Refusal, refusalMessage, refuse, refuseRpc } from "./refusal.ts";
import { matchRoute, type Route } from "./route.ts";
import type { LiveSession } from "./session/live-session.ts";
import type { SessionTable } from "./session/session-table.ts";

export interface PipelineDeps {
  readonly edge: EdgePolicy;
  readonly grants: GrantCache;
  readonly projectView: (name: string) => View | undefined;
  readonly serverView: (handle: string) => View | undefined;
  readonly sessions: SessionTable;
  readonly limits: PipelineLimits;
  /** Whether this gateway takes calls; false while it starts and while it stops. */
  readonly ready: () => boolean;
  readonly onFailure: (error: AppError) => void;
}

export interface PipelineLimits {
  readonly maxBodyBytes: number;
  readonly callTimeoutMs: number;
  readonly firstListWaitMs: number;
  readonly maxBatch: number;
}

export type Outcome =
  | Refusal
  | Answer
  | AnswerStream
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about"; readonly ready: boolean }
  | { readonly kind: "accepted" }
  | { readonly kind: "ended" }
  | { readonly kind: "listen"; readonly session: LiveSession };

/** What a request may reach once it has been admitted: a view, and what its sessions are bound to. */
interface Scope {
  readonly principal: Principal;
  readonly view: View;
  readonly project: string | undefined;
  readonly server: string | undefined;
}

/**
 * The life of a request, in its order. Each stage gives what the next one needs, or a refusal, which ends it.
 * The trace id is there before, and answering is `http/`'s.
 */
export async function runPipeline(deps: PipelineDeps, request: Request, path: string): Promise<Outcome> {
  const route = matchRoute(request.method, path);
  if (isRefusal(route)) return route;
  if (route.kind === "health") return { kind: "health", probe: route.probe, ready: deps.ready() };
  const foreign = foreignPart(deps.edge, request.headers.get("host"), request.headers.get("origin"));
  if (foreign !== undefined) return refuse("origin_denied", `This ${foreign === "host" ? "Host" : "Origin"} may not call`);
  const principal = await authenticate(deps.grants, request.headers.get("authorization"));
  if (isRefusal(principal)) return principal;
  const scope = resolveScope(deps, route, principal);
  if (isRefusal(scope)) return scope;
  if (request.method === "GET") return listen(deps, request, scope);
  if (request.method === "DELETE") return endSession(deps, request, scope);
  const unsupported = checkContentType(request);
  if (unsupported !== undefined) return unsupported;
  const body = await readBody(request, deps.limits.maxBodyBytes);
  if (isRefusal(body)) return body;
  const message = parseBody(body);
  if (message.kind === "invalid") return refuseRpc(message.code, message.message);
  if (message.kind === "batch") return runBatch(deps, request, scope, message);
  return runMessage(deps, request, scope, message);
}

/** Whose project, which server: a token sees its own project's servers, and hears nothing of others. */
function resolveScope(deps: PipelineDeps, route: Exclude<Route, { kind: "health" }>, principal: Principal): Scope | Refusal {
  const own = principal.kind === "token" ? principal.project : undefined;
  if (route.kind === "server") {
    const view = deps.serverView(route.server);
    const visible = own === undefined || deps.projectView(own)?.hosts.some((host) => host.handle === route.server) === true;
    if (view === undefined || !visible) return refuse("server_not_found", `There is no server ${route.server.slice(0, 64)} here`);
    return { principal, view, project: own, server: route.server };
  }
  const project = route.project ?? own;
  if (project === undefined) return refuse("forbidden", "This path takes its project from a token, and this credential has none");
  if (own !== undefined && project !== own) return refuse("forbidden", "The token does not belong to this project");
  const view = deps.projectView(project);
  if (view === undefined) return refuse("not_found", `There is no project ${project.slice(0, 64)}`);
  return { principal, view, project, server: undefined };
}

function checkContentType(request: Request): Refusal | undefined {
  const type = request.headers.get("content-type");
  if (type !== null && /^application\/json\s*(;|$)/i.test(type)) return undefined;
  return refuse("unsupported_media_type", "The Content-Type must be application/json");
}

async function runMessage(deps: PipelineDeps, request: Request, scope: Scope, message: Envelope): Promise<Outcome> {
  if (classifyEra(message) === "modern" && message.kind !== "response") return modernRefusal(message);
  if (message.kind === "request" && message.method === "initialize") return initialize(deps, scope, message);
  const session = requireSession(deps, request, scope, message.kind === "request" ? message.idText : "null");
  if (isRefusal(session)) return session;
  if (message.kind === "request") return call(deps, request, scope, session, message);
  if (message.kind === "response") return refuseRpc(INVALID_REQUEST, "Nobody has asked for this response", message.idText);
  if (message.method === "notifications/cancelled") session.cancel(JSON.stringify(message.params.requestId));
  return { kind: "accepted" };
}

function modernRefusal(message: Exclude<Envelope, { kind: "response" }>): Refusal {
  const requested = (message.params._meta as Record<string, unknown>)[MODERN_VERSION_KEY];
  const error = refuseModern(String(requested).slice(0, 32));
  return refuseRpc(error.code, error.message, message.kind === "request" ? message.idText : "null");
}

async function initialize(deps: PipelineDeps, scope: Scope, message: RequestEnvelope): Promise<Answer | Refusal> {
  const requested = message.params.protocolVersion;
  const [host] = scope.view.hosts;
  try {
    const { revision, resultText } =
      scope.server !== undefined && host !== undefined
        ? initializeServer(await host.upstream.ready(), requested)
        : initializeProject(scope.view, scope.project ?? "", requested);
    const { project, server } = scope;
    const sessionId = deps.sessions.open({ principalId: scope.principal.id, project, server, revision });
    return { kind: "answer", body: resultMessage(message.idText, resultText), sessionId };
  } catch (thrown) {
    const error = toAppError(thrown);
    deps.onFailure(error);
    return refuse("upstream_unavailable", error.message, { "retry-after": "1" });
  }
}

/** The session of a request: 400 where it names none, 404 where it is unknown, ended, or another's. */
function requireSession(deps: PipelineDeps, request: Request, scope: Scope, idText: string): LiveSession | Refusal {
  const version = request.headers.get("mcp-protocol-version");
  if (version !== null && !isLegacyRevision(version)) {
    const error = refuseModern(version.slice(0, 32));
    return refuseRpc(error.code, error.message, idText);
  }
  const id = request.headers.get("mcp-session-id");
  if (id === null) return refuseRpc(LEGACY_BAD_REQUEST, "Bad Request: the Mcp-Session-Id header is required; initialize first", idText);
  const session = deps.sessions.find(id);
  const claims = session?.claims;
  const bound = claims?.principalId === scope.principal.id && claims.project === scope.project && claims.server === scope.server;
  if (session === undefined || !bound) return refuseRpc(LEGACY_SESSION_NOT_FOUND, "Session not found", idText, 404);
  return session;
}

function call(deps: PipelineDeps, request: Request, scope: Scope, session: LiveSession, message: RequestEnvelope) {
  const { callTimeoutMs: timeoutMs, firstListWaitMs } = deps.limits;
  const takesStream = (request.headers.get("accept") ?? "").includes("text/event-stream");
  return exchange({ view: scope.view, session, request: message, takesStream, timeoutMs, firstListWaitMs, onFailure: deps.onFailure });
}

/** Batches are part of one revision alone; there, each message is carried out and the answers come together. */
async function runBatch(deps: PipelineDeps, request: Request, scope: Scope, batch: Batch): Promise<Outcome> {
  const session = requireSession(deps, request, scope, "null");
  if (isRefusal(session)) return session;
  if (!allowsBatch(session.claims.revision)) return refuseRpc(INVALID_REQUEST, "Invalid Request: this revision has no batches");
  if (batch.items.length > deps.limits.maxBatch) {
    return refuseRpc(INVALID_REQUEST, `Invalid Request: a batch has at most ${deps.limits.maxBatch} messages`);
  }
  const answers = await Promise.all(batch.items.map((item) => runBatchItem(deps, scope, session, item)));
  const texts = answers.filter((text) => text !== undefined);
  return texts.length === 0 ? { kind: "accepted" } : { kind: "answer", body: `[${texts.join(",")}]` };
}

async function runBatchItem(
  deps: PipelineDeps,
  scope: Scope,
  session: LiveSession,
  item: Envelope | InvalidEnvelope,
): Promise<string | undefined> {
  if (item.kind === "invalid") return errorMessage("null", { code: item.code, message: item.message });
  if (item.kind !== "request") {
    if (item.kind === "notification" && item.method === "notifications/cancelled") session.cancel(JSON.stringify(item.params.requestId));
    return undefined;
  }
  const { callTimeoutMs: timeoutMs, firstListWaitMs } = deps.limits;
  const options = { view: scope.view, session, request: item, takesStream: false, timeoutMs, firstListWaitMs, onFailure: deps.onFailure };
  const outcome = await exchange(options);
  if (outcome.kind === "refusal") return refusalMessage(outcome, item.idText);
  if (outcome.kind === "stream") return undefined;
  return typeof outcome.body === "string" ? outcome.body : new Response(outcome.body).text();
}

function listen(deps: PipelineDeps, request: Request, scope: Scope): Outcome {
  const session = requireSession(deps, request, scope, "null");
  return isRefusal(session) ? session : { kind: "listen", session };
}

async function endSession(deps: PipelineDeps, request: Request, scope: Scope): Promise<Outcome> {
  const session = requireSession(deps, request, scope, "null");
  if (isRefusal(session)) return session;
  await deps.sessions.end(request.headers.get("mcp-session-id") ?? "", session);
  return { kind: "ended" };
}
