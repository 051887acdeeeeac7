import {
  type ClaimedTask,
  type KnownTask,
  type LaterCall,
  MAX_OUTCOME_BYTES,
  type TaskClaim,
  type TaskPriority,
} from "../../api/dispatch-task.ts";
import { grantOf } from "../../api/grant.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import { decideAccess } from "../../core/caller.ts";
import type { Ids } from "../../core/ids.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { refusalOf } from "../access/authorize-request.ts";
import type { Admission } from "../admit.ts";
import type { Answer } from "../answer.ts";
import type { RequestTrail } from "../audit/request-trail.ts";
import type { IncomingHeaders } from "../incoming-request.ts";
import type { ModernPeers } from "../peers/modern-peers.ts";
import type { GatewayPolicy } from "../policy/gateway-policy.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { CallTimer } from "../resilience/call-timer.ts";
import type { Scope } from "../scope.ts";
import { dispatchAnswer } from "./dispatch-answer.ts";
import { dispatchHashes } from "./dispatch-hashes.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { carryOutAlone } from "./lone-call.ts";
import { parseDispatch } from "./parse-dispatch.ts";
import { runNow } from "./run-now.ts";
import type { RunningDispatches } from "./running-dispatches.ts";
import { targetOf } from "./target-of.ts";

export interface DispatchDeps {
  /** Undefined where nobody keeps tasks. */
  readonly tasks: DispatchTasks | undefined;
  readonly running: RunningDispatches;
  readonly peers: ModernPeers;
  readonly ids: Ids;
}

export interface DispatchRequestDeps {
  readonly dispatch: DispatchDeps;
  readonly policy: GatewayPolicy;
  readonly limits: { readonly callTimeoutMs: number; readonly firstListWaitMs: number };
  readonly timer: CallTimer;
  readonly onFailure: (error: AppError) => void;
}

export interface DispatchRequest {
  readonly scope: Scope;
  readonly headers: IncomingHeaders;
  readonly body: string;
  /** What any call passes: scope, rights, size, form of the answer, rate. */
  readonly admit: (message: RequestEnvelope) => Admission | Refusal | Promise<Admission | Refusal>;
}

/**
 * Carries a call out once under its key, however often it is asked for: payload and key (400) → the action `dispatch` (403) →
 * what any call passes → somebody to keep it (503) → what the key stands for (409) → execution.
 */
export async function dispatchRequest(deps: DispatchRequestDeps, request: DispatchRequest, trail: RequestTrail): Promise<Answer | Refusal> {
  const { scope } = request;
  const payload = parseDispatch(request.body, deps.policy.limits.maxDepth);
  if (isRefusal(payload)) return payload;
  const taskId = deps.dispatch.ids.next("tsk");
  const { method, params, paramsText } = payload;
  const message: RequestEnvelope = { kind: "request", idText: JSON.stringify(taskId), method, params, paramsText };
  trail.message = message;
  const idempotencyKey = idempotencyKeyOf(request.headers);
  if (isRefusal(idempotencyKey)) return idempotencyKey;
  const verdict = decideAccess(scope.caller, { action: "dispatch" }, scope.place.project?.name);
  if (!verdict.allowed) return refusalOf(verdict);
  const call = await request.admit(message);
  if (isRefusal(call)) return call;
  const { tasks } = deps.dispatch;
  if (tasks === undefined) return refuse("async_unavailable", NOBODY_KEEPS);
  if (Buffer.byteLength(payload.paramsText ?? "") > MAX_OUTCOME_BYTES) return tooLarge();
  const claim = claimOf(deps, scope, message, { taskId, idempotencyKey, traceId: trail.traceId }, payload.priority);
  const claimed = await claimIn(tasks, claim, deps.onFailure);
  if (isRefusal(claimed)) return claimed;
  const reused = claimed.kind === "known";
  trail.task = { id: reused ? claimed.task.taskId : taskId, reused };
  if (claimed.kind === "queued") return dispatchAnswer({ taskId, traceId: claim.traceId, outcome: null }, { idempotencyKey, reused });
  const task = reused ? claimed.task : await carryOut(deps, scope, tasks, claim, message, call);
  return isRefusal(task) ? task : dispatchAnswer(task, { idempotencyKey, reused });
}

const MAX_TOOL_NAME = 190;

function tooLarge(): Refusal {
  return refuse("payload_too_large", `The params of a dispatched call may have at most ${MAX_OUTCOME_BYTES} bytes`);
}

const NOBODY_KEEPS = "This gateway keeps no tasks: dispatch at mcpctl up, or at a gateway that is enrolled";

function claimOf(
  { dispatch, policy }: DispatchRequestDeps,
  scope: Scope,
  { method, params, paramsText }: RequestEnvelope,
  known: Pick<TaskClaim, "taskId" | "idempotencyKey" | "traceId">,
  priority: TaskPriority,
): TaskClaim {
  const { principalId: principal, caller, place } = scope;
  const target = targetOf(scope);
  const { idempotencyKey } = known;
  const hashes = dispatchHashes({ principal, target, idempotencyKey, method, params });
  const grant = grantOf(caller);
  const later: LaterCall | undefined = grant && {
    params: paramsText ?? null,
    grant,
    project: place.project?.name ?? null,
    server: place.kind === "server" ? place.host.handle : null,
    tool: method === "tools/call" && typeof params.name === "string" ? params.name.slice(0, MAX_TOOL_NAME) : null,
    priority,
  };
  const leaseMs = policy.queue.leaseSeconds * 1000;
  return { ...known, ...hashes, owner: dispatch.ids.next("own"), principal, target, method, leaseMs, ...(later && { later }) };
}

/** The task is begun, or known; 409, 429 or 503 where it is neither. */
async function claimIn(
  tasks: DispatchTasks,
  claim: TaskClaim,
  onFailure: DispatchRequestDeps["onFailure"],
): Promise<Exclude<ClaimedTask, { kind: "conflict" }> | Refusal> {
  try {
    const claimed = await tasks.claim(claim);
    if (claimed.kind !== "conflict") return claimed;
    return refuse("idempotency_conflict", "This Idempotency-Key stands for another call of the last 24 h; nothing was carried out");
  } catch (thrown) {
    const error = toAppError(thrown);
    const retryAfter = { "retry-after": String(error.retryAfterSeconds ?? 1) };
    if (error.reason === "TASKS_FULL") return refuse("rate_limited", error.message, retryAfter);
    onFailure(error);
    // Only its answer may have been lost: nobody is to find the key taken by a call that is not carried out.
    tasks.release({ taskId: claim.taskId, owner: claim.owner }).catch(() => {});
    return refuse("async_unavailable", "Dispatched calls cannot be kept now; the call was not carried out", retryAfter);
  }
}

/** Goes on when the client has gone: how it ended is kept for its key. */
function carryOut(
  { dispatch, policy, limits, timer, onFailure }: DispatchRequestDeps,
  { principalId, project, server }: Scope,
  tasks: DispatchTasks,
  claim: TaskClaim,
  request: RequestEnvelope,
  call: Admission,
): Promise<KnownTask | Refusal> {
  const { callTimeoutMs: timeoutMs, firstListWaitMs } = limits;
  const peer = { principalId, project, server, clientInfo: undefined, capabilities: {} };
  const begin = () => carryOutAlone(dispatch.peers, peer, { ...call, request, timer, timeoutMs, firstListWaitMs, onFailure });
  const { maxResultBytes } = policy.queue;
  return dispatch.running.add(runNow({ tasks, claim, maxResultBytes, carryOut: begin, onFailure }));
}
