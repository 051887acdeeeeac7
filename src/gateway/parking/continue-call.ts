import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import { parseBody, type RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage, INVALID_PARAMS } from "../../mcp/json-rpc.ts";
import { type Answer, type AnswerStream, answerText } from "../answer.ts";
import { modernStatus } from "../execute/modern-status.ts";
import { holderOf, type LinkMessage, type LinkReply, NOT_HELD, type ReplicaLink } from "../link/replica-link.ts";
import type { ModernCall, ModernCallDeps, Waiting } from "../modern-call.ts";
import type { PeerKey } from "../peers/modern-peers.ts";
import { DEFAULT_GATEWAY_POLICY } from "../policy/gateway-policy.ts";
import { type Refusal, refusalMessage } from "../refusal.ts";
import type { Streaming } from "../stream/decide-streaming.ts";
import { type CallTrace, noteContinued } from "../tracing/call-trace.ts";
import { requestText } from "../upstream/hop.ts";
import { inputResponses } from "./input-required.ts";
import { openState, type RequestState, requestHash } from "./request-state.ts";

export interface ContinueDeps extends Pick<ModernCallDeps, "parked" | "keyring" | "clock"> {
  readonly link: ReplicaLink;
}

/** Who comes back, and where. */
export interface Returning extends Place {
  readonly trace: CallTrace | undefined;
}

type Place = Pick<PeerKey, "principalId" | "project" | "server">;

/** The same for all that is wrong with a state, so that it tells nothing. */
const INVALID = "Invalid params: requestState is not valid for this request, or not any more";
const OVER = "Invalid params: the call of this requestState does not wait any more; it was not carried out again";
const CONTINUED = "Invalid params: the call of this requestState was continued already; it was not carried out again";
const AWAY = "The process that holds the call of this requestState cannot be reached; it was not carried out again";

/**
 * Continues the call that a client was asked about, wherever it is held, and never begins it anew. Whatever is wrong is
 * answered in band.
 */
export async function continueCall(
  deps: ContinueDeps,
  returning: Returning,
  stateText: string,
  waiting: Waiting,
): Promise<Answer | AnswerStream | Refusal> {
  const { request } = waiting;
  const state = openState(deps.keyring, stateText, deps.clock.now().getTime());
  if (state === undefined || !isFor(state, returning, request)) return failed(request, INVALID_PARAMS, INVALID);
  noteContinued(returning.trace, state.trace);
  const holder = holderOf(state.callId);
  if (holder !== undefined && holder !== deps.link.self) return continueElsewhere(deps, holder, state, waiting);
  const call = deps.parked.find(state.callId, state.principalId);
  return call === undefined ? failed(request, INVALID_PARAMS, OVER) : continueHere(call, state, waiting);
}

/** Continues a call that is held here for a client whose request another process has taken. */
export async function continueLinked(deps: ContinueDeps, { target, principalId, message }: LinkMessage): Promise<LinkReply> {
  const request = parseBody(message);
  if (request.kind !== "request") return NOT_HELD;
  const state = openState(deps.keyring, String(request.params.requestState), deps.clock.now().getTime());
  const isWhole = state !== undefined && state.callId === target && state.principalId === principalId;
  const call = isWhole && isFor(state, state, request) ? deps.parked.find(target, principalId) : undefined;
  if (state === undefined || call === undefined) return NOT_HELD;
  const outcome = await continueHere(call, state, { request, connection: NEVER_GONE, streaming: ONE_MESSAGE });
  if (outcome.kind === "refusal") return { held: true, answer: refusalMessage(outcome, request.idText) };
  return outcome.kind === "answer" ? { held: true, answer: await answerText(outcome) } : NOT_HELD;
}

/** The other process says when its client has gone. */
const NEVER_GONE = { signal: new AbortController().signal };
const ONE_MESSAGE: Streaming = { form: "json", terms: DEFAULT_GATEWAY_POLICY.stream };

function isFor(state: RequestState, { principalId, project, server }: Place, { method, paramsText }: RequestEnvelope): boolean {
  const isTheirs = state.principalId === principalId && state.project === project && state.server === server;
  return isTheirs && state.requestHash === requestHash(method, paramsText);
}

async function continueHere(call: ModernCall, { round }: RequestState, waiting: Waiting): Promise<Answer | AnswerStream | Refusal> {
  const { request } = waiting;
  const outcome = call.resume(waiting, round, inputResponses(request.paramsText));
  return outcome ?? failed(request, INVALID_PARAMS, CONTINUED);
}

async function continueElsewhere(
  { link }: ContinueDeps,
  holder: string,
  state: RequestState,
  { request, connection }: Waiting,
): Promise<Answer> {
  const { callId: target, principalId } = state;
  const message = requestText(request.idText, request.method, request.paramsText);
  const cancel = () => void link.send(holder, { kind: "cancel", target, principalId, message });
  connection.signal.addEventListener("abort", cancel, { once: true });
  const reply = await link.send(holder, { kind: "retry", target, principalId, message });
  connection.signal.removeEventListener("abort", cancel);
  if (reply === undefined) return failed(request, JSON_RPC_CODE.unavailable, AWAY, { reason: "CALL_HELD_ELSEWHERE" });
  if (!reply.held || reply.answer === undefined) return failed(request, INVALID_PARAMS, OVER);
  return modernStatus({ kind: "answer", body: reply.answer });
}

function failed({ idText }: RequestEnvelope, code: number, message: string, data?: unknown): Answer {
  return { kind: "answer", body: errorMessage(idText, { code, message, data }) };
}
