import type { AppError } from "../core/app-error.ts";
import { isJsonObject } from "../mcp/client/json-object.ts";
import { askableCapabilities } from "../mcp/client-capabilities.ts";
import type { RequestEnvelope } from "../mcp/envelope.ts";
import { checkParamHeaders } from "../mcp/eras/2026-07-28/check-param-headers.ts";
import { META } from "../mcp/eras/2026-07-28/meta-keys.ts";
import { METHOD_NOT_FOUND } from "../mcp/json-rpc.ts";
import type { Answer, AnswerStream } from "./answer.ts";
import { declaredParamHeaders } from "./catalog/declared-param-headers.ts";
import { serverView, type View } from "./catalog/view.ts";
import { targetOf } from "./dispatch/target-of.ts";
import { withoutTasksExtension } from "./execute/without-tasks-extension.ts";
import type { GovernedCall } from "./govern/governed-call.ts";
import type { IncomingHeaders, IncomingRequest } from "./incoming-request.ts";
import type { OpenListenDeps } from "./listen/open-listen.ts";
import { type BecomesTask, ModernCall, type ModernCallDeps, type Waiting, type Ways } from "./modern-call.ts";
import type { TaskTerms } from "./modern-task/call-task.ts";
import { isSealedTaskId, knowsTasks, openTaskId, sealTaskId, withKnownId, withSealedId, withServerId } from "./modern-task/server-task.ts";
import { answerTaskRequest, unknownTask } from "./modern-task/task-requests.ts";
import { TASK_METHODS, takesTasks } from "./modern-task/tasks-extension.ts";
import { type ContinueDeps, continueCall } from "./parking/continue-call.ts";
import { isOwnState } from "./parking/request-state.ts";
import type { PeerKey } from "./peers/modern-peers.ts";
import { type Refusal, refuseRpc } from "./refusal.ts";
import type { CallTimer } from "./resilience/call-timer.ts";
import { clientInfoOf } from "./session/client-claims.ts";
import type { CallTrace } from "./tracing/call-trace.ts";

export interface ModernRequestDeps extends ModernCallDeps, ContinueDeps, OpenListenDeps {
  readonly timer: CallTimer;
  readonly onFailure: (error: AppError) => void;
}

export interface ModernRequest {
  /** A POST whose body was read and checked, from a client that may make it. */
  readonly http: IncomingRequest;
  readonly message: RequestEnvelope;
  readonly view: View;
  readonly governed: GovernedCall;
  readonly trace: CallTrace | undefined;
  readonly principalId: string;
  readonly project: string | undefined;
  readonly server: string | undefined;
  readonly timeoutMs: number;
  /** Undefined: no call becomes a task. */
  readonly taskTerms: TaskTerms | undefined;
  readonly traceId: string;
  /** Whether the caller may use the server of this handle. */
  readonly mayRun: (handle: string) => boolean;
  /** The name of the project, where there is one. */
  readonly projectName: string | undefined;
  readonly firstListWaitMs: number;
}

/** Carries out a modern request: one that continues a call of ours goes on with it, any other is a call of its own. */
export function carryOutModern(deps: ModernRequestDeps, request: ModernRequest): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const { message } = request;
  if (TASK_METHODS.has(message.method)) return askAboutTask(deps, request);
  const host = message.method === "tools/call" ? request.view.named("tools", String(message.params.name))?.host : undefined;
  const isServers = host !== undefined && knowsTasks(host) && takesTasks(message.params);
  const paramsText = isServers ? message.paramsText : withoutTasksExtension(message.paramsText);
  const asked = paramsText === message.paramsText ? message : { ...message, paramsText };
  const { requestState } = message.params;
  if (isOwnState(requestState)) return continueCall(deps, request, requestState, waitingFor(request, asked));
  const fault = paramHeaderFault(request);
  if (fault !== undefined) return fault;
  const sealId = (taskId: string) =>
    sealTaskId(deps.keyring, { principalId: request.principalId, server: host?.definition.id ?? "", taskId });
  const ways = isServers ? { retell: (answer: string) => withSealedId(answer, sealId) } : { becomes: becomesTask(request, asked) };
  return startCall(deps, request, asked, ways);
}

function startCall(
  deps: ModernRequestDeps,
  request: ModernRequest,
  asked: RequestEnvelope,
  ways: Ways,
  view = request.view,
): Promise<Answer | AnswerStream | Refusal> {
  const { http, governed, trace, timeoutMs, firstListWaitMs } = request;
  const { timer, onFailure } = deps;
  const headers = asked.method === "tools/call" ? paramHeadersOf(http.headers) : undefined;
  const times = { timer, timeoutMs, firstListWaitMs };
  const options = { view, request: asked, headers, trace, ...times, governed, offersTasks: hasTasks(request), onFailure };
  return new ModernCall(deps, peerKeyOf(request), options, ways).start(waitingFor(request, asked));
}

function waitingFor({ http: connection, governed }: ModernRequest, request: RequestEnvelope): Waiting {
  return { request, connection, streaming: governed.streaming };
}

/** Whether there are tasks here: of calls that take long, or of servers that make them by themselves. */
function hasTasks({ taskTerms, view }: ModernRequest): boolean {
  return taskTerms !== undefined || view.hosts.some(knowsTasks);
}

/** About a task of the gateway's it answers by itself; about a server's own one that server is asked, where the caller may use it still. */
function askAboutTask(deps: ModernRequestDeps, request: ModernRequest): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const { message, principalId, view, mayRun } = request;
  const { idText, method, params, paramsText } = message;
  const { taskId } = params;
  if (!hasTasks(request)) return refuseRpc(METHOD_NOT_FOUND, `Method not found: ${method}`, idText, 404);
  if (!takesTasks(params) || !isSealedTaskId(taskId)) return answerTaskRequest(deps, request);
  const task = openTaskId(deps.keyring, taskId, principalId);
  const host = view.hosts.find(({ definition }) => definition.id === task?.server);
  if (task === undefined || host === undefined || !mayRun(host.handle)) return unknownTask(idText);
  const asked = { ...message, params: { ...params, taskId: task.taskId }, paramsText: withServerId(paramsText, task.taskId) };
  return startCall(deps, request, asked, { retell: (answer) => withKnownId(answer, taskId) }, serverView(host));
}

const MAX_TOOL_NAME = 190;

/** Only a tools/call of a client that knows tasks becomes one (io.modelcontextprotocol/tasks, "Supported methods"). */
function becomesTask(request: ModernRequest, asked: RequestEnvelope): BecomesTask | undefined {
  const { taskTerms: terms, message, view, principalId, traceId, projectName = null } = request;
  const { method, params } = message;
  if (terms === undefined || method !== "tools/call" || !takesTasks(params)) return undefined;
  const server = view.kind === "server" ? (view.hosts[0]?.handle ?? null) : null;
  const tool = typeof params.name === "string" ? params.name.slice(0, MAX_TOOL_NAME) : null;
  const place = { project: projectName, server, tool };
  return { terms, subject: { principalId, target: targetOf(request), traceId, place, request: asked } };
}

function peerKeyOf({ message, principalId, project, server }: ModernRequest): PeerKey {
  const meta = isJsonObject(message.params._meta) ? message.params._meta : {};
  const capabilities = askableCapabilities(meta[META.clientCapabilities]);
  return { principalId, project, server, clientInfo: clientInfoOf(meta[META.clientInfo]), capabilities };
}

/** Of a tool that is not known here its server looks at them. */
function paramHeaderFault({ http, message, view }: ModernRequest): Refusal | undefined {
  const { method, params, idText } = message;
  if (method !== "tools/call" || typeof params.name !== "string") return undefined;
  const target = view.named("tools", params.name);
  const item = target?.host.catalog.lists?.tools.find(({ own }) => own === target.own);
  const declared = item === undefined ? [] : declaredParamHeaders(item);
  const fault = declared.length === 0 ? undefined : checkParamHeaders(declared, params.arguments, http.headers);
  return fault && refuseRpc(fault.code, fault.message, idText, 400, fault.data);
}

const PARAM_HEADER = "mcp-param-";

/** Those of its arguments that a client sends in headers, by lower-case name; undefined where there are none. */
function paramHeadersOf(headers: IncomingHeaders): Record<string, string> | undefined {
  const found = [...headers].filter(([name]) => name.startsWith(PARAM_HEADER));
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
