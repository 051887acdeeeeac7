import type { RequestEnvelope } from "../mcp/envelope.ts";
import { type Admitted, authorizeRequest } from "./access/authorize-request.ts";
import type { RequestTrail } from "./audit/request-trail.ts";
import { splitAdvertised } from "./catalog/advertised-name.ts";
import type { View } from "./catalog/view.ts";
import type { GovernedCall } from "./govern/governed-call.ts";
import { refuseByPayload } from "./govern/refuse-by-payload.ts";
import type { GatewayPolicy } from "./policy/gateway-policy.ts";
import type { CallLimiter } from "./rate/call-limiter.ts";
import type { CallsAtOnce } from "./rate/calls-at-once.ts";
import { type CountedRequest, refuseByRate } from "./rate/refuse-by-rate.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { resultLimitsOf } from "./result/result-limits.ts";
import type { Scope } from "./scope.ts";
import type { ServerHost } from "./server-host.ts";
import { acceptedForms } from "./stream/accepted-forms.ts";
import { decideStreaming } from "./stream/decide-streaming.ts";
import { type CallTrace, callTraceOf, type RequestTracing } from "./tracing/call-trace.ts";

export interface AdmitDeps {
  readonly policy: GatewayPolicy;
  readonly limiter: CallLimiter;
  /** Of all calls in flight. */
  readonly atOnce: CallsAtOnce;
  readonly limits: { readonly maxBodyBytes: number };
  readonly tracing: RequestTracing | undefined;
}

/** What a modern client listens by: its answer has no form but a stream. */
export const LISTEN = "subscriptions/listen";

/** For what is answered in one message, whatever else may be streamed. */
export const NO_STREAMS = { enabled: false };

/** A request that may be carried out: among which servers, and how. */
export interface Admission {
  readonly view: View;
  readonly governed: GovernedCall;
  readonly trace: CallTrace | undefined;
}

/** Whether the request may be carried out. A promise only where calls are counted elsewhere. */
export function admit(
  deps: AdmitDeps,
  scope: Scope,
  message: RequestEnvelope,
  trail: RequestTrail,
  accept: string | null,
  streams?: typeof NO_STREAMS,
): Admission | Refusal | Promise<Admission | Refusal> {
  const admitted = authorizeRequest(deps.policy, scope.caller, scope.place, message);
  noteTarget(trail, message, admitted);
  if (isRefusal(admitted)) return admitted;
  const { view, target } = admitted;
  const oversized = refuseByPayload(deps.limits.maxBodyBytes, target?.host, message);
  if (oversized !== undefined) return oversized;
  const counted = countedOf(scope, message, target?.host);
  const own = counted.host?.definition.policy;
  // What a client listens to has no other form.
  const forms = message.method === LISTEN ? { json: false, stream: true } : acceptedForms(accept);
  const streaming = decideStreaming(deps.policy.stream, streams ?? own?.stream, forms);
  if (streaming === "refused") return refuseStreaming();
  const results = resultLimitsOf(deps.policy.limits, own);
  const governed = { identity: scope.principalId, atOnce: deps.atOnce, results, streaming };
  const admission: Admission = { view, governed, trace: callTraceOf(deps.tracing, trail) };
  const busy = refuseByRate(deps.limiter, deps.policy.rates, counted);
  return busy instanceof Promise ? busy.then((refusal) => refusal ?? admission) : (busy ?? admission);
}

/** What the request is about, for its audit event: the server, and a tool by its own name. */
function noteTarget(trail: RequestTrail, { method, params }: RequestEnvelope, admitted: Admitted | Refusal): void {
  const target = isRefusal(admitted) ? undefined : admitted.target;
  const split = target === undefined && typeof params.name === "string" ? splitAdvertised(params.name) : undefined;
  trail.server ??= target?.host.handle ?? split?.server;
  if (method === "tools/call") trail.tool = target?.own ?? split?.own ?? (typeof params.name === "string" ? params.name : undefined);
}

/** The request as it is counted: at the server that it is about, else at the one of the route, else at the project. */
export function countedOf({ principalId, place }: Scope, { method }: RequestEnvelope, host: ServerHost | undefined): CountedRequest {
  return { principalId, method, host: host ?? (place.kind === "server" ? place.host : undefined), project: place.project?.name };
}

export function refuseStreaming(): Refusal {
  return refuse("streaming_disabled", "Streams are off here: accept application/json too");
}
