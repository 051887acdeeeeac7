import type { TaskOutcome, TaskProgress } from "../../api/dispatch-task.ts";
import { callerOf, type Grant } from "../../api/grant.ts";
import { decideAccess } from "../../core/caller.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { authorizeRequest, refusalOf } from "../access/authorize-request.ts";
import { resolvePlace, type Served } from "../access/resolve-place.ts";
import type { Admission } from "../admit.ts";
import { type RecordDeps, recordRequest } from "../audit/record-request.ts";
import { beginTrail, type RequestTrail } from "../audit/request-trail.ts";
import type { Target } from "../catalog/view.ts";
import type { CallsAtOnce } from "../rate/calls-at-once.ts";
import { isRefusal, type Refusal, type RefusalCode, refusalCodeText, refuse } from "../refusal.ts";
import { resultLimitsOf } from "../result/result-limits.ts";
import type { McpRoute } from "../route.ts";
import { type Scope, scopeOf } from "../scope.ts";
import { decideStreaming } from "../stream/decide-streaming.ts";
import { callTraceOf, type RequestTracing } from "../tracing/call-trace.ts";
import type { DispatchRequestDeps } from "./dispatch-request.ts";
import { beginAlone, type LoneCall } from "./lone-call.ts";
import { failed, type KeepResult, outcomeOf } from "./outcome-of.ts";
import { progressOf } from "./progress-of.ts";
import { targetOf } from "./target-of.ts";
import { withProgressToken } from "./with-progress-token.ts";

export interface PrepareCallDeps extends DispatchRequestDeps, RecordDeps {
  readonly served: Served;
  readonly atOnce: CallsAtOnce;
  readonly tracing: RequestTracing | undefined;
}

/** A call that waited, and who may do what now. */
export interface WaitingCall {
  readonly taskId: string;
  readonly traceId: string;
  readonly target: string;
  readonly method: string;
  readonly params: string | null;
  readonly project: string | null;
  readonly server: string | null;
  readonly grant: Grant;
}

export type MadeCall =
  | { readonly kind: "ended"; readonly outcome: TaskOutcome }
  | { readonly kind: "not made"; readonly outcome: TaskOutcome; readonly retryAfterMs: number | undefined }
  | { readonly kind: "in doubt"; readonly outcome: TaskOutcome };

export interface CarryOutOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TaskProgress) => void;
  readonly keepResult: KeepResult;
}

export interface PreparedCall {
  readonly kind: "prepared";
  readonly repeatable: boolean;
  carryOut(options: CarryOutOptions): Promise<MadeCall>;
}

/**
 * Judges a call that was dispatched earlier as if it came now: the same servers, rights and rules, but for its rate, which
 * was counted then. It has an audit event of its own.
 */
export function prepareCall(deps: PrepareCallDeps, call: WaitingCall): PreparedCall | MadeCall {
  const trail = trailOf(deps, call);
  const admitted = admitNow(deps, call, trail);
  if (!isRefusal(admitted)) return prepared(deps, call, trail, admitted);
  recordRequest(deps, trail, admitted);
  return ended(admitted);
}

interface AdmittedCall {
  readonly scope: Scope;
  readonly message: RequestEnvelope;
  readonly admission: Admission;
  readonly target: Target | undefined;
}

function admitNow(deps: PrepareCallDeps, call: WaitingCall, trail: RequestTrail): AdmittedCall | Refusal {
  const caller = callerOf(call.grant);
  trail.caller = caller;
  const place = resolvePlace(deps.served, deps.policy, routeOf(call), caller);
  if (isRefusal(place)) return place;
  const scope = scopeOf(caller, place);
  if (targetOf(scope) !== call.target) return refuse("not_found", "What the call was meant for is gone; another has its name now");
  const verdict = decideAccess(caller, { action: "dispatch" }, place.project?.name);
  if (!verdict.allowed) return refusalOf(verdict);
  const message = messageOf(call);
  trail.message = message;
  const admitted = authorizeRequest(deps.policy, caller, place, message);
  if (isRefusal(admitted)) return admitted;
  const { view, target } = admitted;
  trail.server ??= target?.host.handle;
  if (call.method === "tools/call") trail.tool = target?.own;
  const own = (target?.host ?? (place.kind === "server" ? place.host : undefined))?.definition.policy;
  const streaming = decideStreaming(deps.policy.stream, { enabled: false }, { json: true, stream: false });
  if (streaming === "refused") return refuse("streaming_disabled", "A dispatched call is answered in one message");
  const results = resultLimitsOf(deps.policy.limits, own);
  const governed = { identity: scope.principalId, atOnce: deps.atOnce, results, streaming };
  return { scope, message, target, admission: { view, governed, trace: callTraceOf(deps.tracing, trail) } };
}

function prepared(deps: PrepareCallDeps, { method }: WaitingCall, trail: RequestTrail, admitted: AdmittedCall): PreparedCall {
  const { dispatch, policy, limits, timer, onFailure } = deps;
  const { scope, message: request, admission, target } = admitted;
  return {
    kind: "prepared",
    repeatable: method !== "tools/call" || target?.host.catalog.isRepeatable(target.own) === true,
    async carryOut({ signal, onProgress, keepResult }) {
      const { principalId, project, server } = scope;
      const peer = { principalId, project, server, clientInfo: undefined, capabilities: {} };
      const { callTimeoutMs: timeoutMs, firstListWaitMs } = limits;
      const onSaid = (message: string) => {
        const progress = progressOf(message);
        if (progress !== undefined) onProgress(progress);
      };
      const call = beginAlone(dispatch.peers, peer, { ...admission, request, timer, timeoutMs, firstListWaitMs, onFailure, onSaid });
      const abort = () => call.abort();
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      try {
        return await endOf(deps, trail, call, policy.queue.maxResultBytes, keepResult);
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
  };
}

async function endOf(
  deps: PrepareCallDeps,
  trail: RequestTrail,
  call: LoneCall,
  maxBytes: number,
  keepResult: KeepResult,
): Promise<MadeCall> {
  const answer = await call.outcome;
  recordRequest(deps, trail, answer);
  const outcome = await outcomeOf(answer, maxBytes, keepResult);
  if (isRefusal(outcome)) return ended(outcome);
  return { kind: call.isInDoubt ? "in doubt" : "ended", outcome };
}

/** Refusals that another time may not meet. */
const PASSING: ReadonlySet<string> = new Set<RefusalCode>(["upstream_unavailable", "rate_limited", "limiter_unavailable"]);

/** Of a call that is refused nothing was carried out. */
function ended(refusal: Refusal): MadeCall {
  const reason = refusalCodeText(refusal);
  const passes = PASSING.has(reason);
  const outcome = failed(passes ? "unavailable" : refusal.status === 403 ? "denied" : "invalid", reason, refusal.message);
  if (!passes) return { kind: "ended", outcome };
  const seconds = Number(refusal.headers?.["retry-after"]);
  return { kind: "not made", outcome, retryAfterMs: seconds > 0 ? seconds * 1000 : undefined };
}

function trailOf({ monotonicNow }: RecordDeps, { taskId, traceId, project, server }: WaitingCall): RequestTrail {
  const known = { traceId, address: undefined, httpMethod: "RUN", path: `/tasks/${taskId}`, startedAt: monotonicNow() };
  const trail = beginTrail(known);
  trail.project = project ?? undefined;
  trail.server = server ?? undefined;
  trail.task = { id: taskId, reused: false };
  return trail;
}

function routeOf({ project, server }: WaitingCall): McpRoute {
  return server === null ? { kind: "project", project: project ?? undefined } : { kind: "server", server, project: undefined };
}

function messageOf({ taskId, method, params }: WaitingCall): RequestEnvelope {
  const paramsText = withProgressToken(params ?? undefined, taskId);
  return { kind: "request", idText: JSON.stringify(taskId), method, params: JSON.parse(paramsText), paramsText };
}
