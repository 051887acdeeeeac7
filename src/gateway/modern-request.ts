import type { AppError } from "../core/app-error.ts";
import { isJsonObject } from "../mcp/client/json-object.ts";
import { askableCapabilities } from "../mcp/client-capabilities.ts";
import type { RequestEnvelope } from "../mcp/envelope.ts";
import { checkParamHeaders } from "../mcp/eras/2026-07-28/check-param-headers.ts";
import { META } from "../mcp/eras/2026-07-28/meta-keys.ts";
import type { Answer, AnswerStream } from "./answer.ts";
import { declaredParamHeaders } from "./catalog/declared-param-headers.ts";
import type { View } from "./catalog/view.ts";
import { targetOf } from "./dispatch/target-of.ts";
import { withoutTasksExtension } from "./execute/without-tasks-extension.ts";
import type { GovernedCall } from "./govern/governed-call.ts";
import type { IncomingHeaders, IncomingRequest } from "./incoming-request.ts";
import type { OpenListenDeps } from "./listen/open-listen.ts";
import { type BecomesTask, ModernCall, type ModernCallDeps, type Waiting } from "./modern-call.ts";
import type { TaskTerms } from "./modern-task/call-task.ts";
import { answerTaskRequest } from "./modern-task/task-requests.ts";
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
  /** The name of the project, where there is one. */
  readonly projectName: string | undefined;
  readonly firstListWaitMs: number;
}

/** Carries out a modern request: one that continues a call of ours goes on with it, any other is a call of its own. */
export function carryOutModern(deps: ModernRequestDeps, request: ModernRequest): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const { http, message, view, governed, trace, timeoutMs, firstListWaitMs } = request;
  if (request.taskTerms !== undefined && TASK_METHODS.has(message.method)) return answerTaskRequest(deps, request);
  const paramsText = withoutTasksExtension(message.paramsText);
  const asked = paramsText === message.paramsText ? message : { ...message, paramsText };
  const waiting: Waiting = { request: asked, connection: http, streaming: governed.streaming };
  const { requestState } = message.params;
  if (isOwnState(requestState)) return continueCall(deps, request, requestState, waiting);
  const fault = paramHeaderFault(request);
  if (fault !== undefined) return fault;
  const { timer, onFailure } = deps;
  const headers = message.method === "tools/call" ? paramHeadersOf(http.headers) : undefined;
  const times = { timer, timeoutMs, firstListWaitMs };
  const options = { view, request: asked, headers, trace, ...times, governed, offersTasks: request.taskTerms !== undefined, onFailure };
  const call = new ModernCall(deps, peerKeyOf(request), options, becomesTask(request, asked));
  return call.start(waiting);
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
