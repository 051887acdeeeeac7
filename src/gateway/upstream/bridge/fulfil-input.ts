import { randomUUID } from "node:crypto";
import { type BackoffPolicy, backoffMs } from "../../../core/backoff.ts";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { memberText, withMembers } from "../../../mcp/json-members.ts";
import { mayAsk } from "../may-ask.ts";
import type { QuestionReply, UpstreamCall } from "../upstream.ts";
import { abortError } from "../upstream-errors.ts";
import type { InputRequest, InputRequired } from "./input-required.ts";
import type { Retry } from "./modern-params.ts";

/** What a modern server may ask, and all it may ask. */
const KINDS = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);
/** What a server may ask at the same time. */
const MAX_REQUESTS = 32;
/** A server that only asks to be asked again is not asked at once. */
const AGAIN: BackoffPolicy = { firstMs: 250, maxMs: 5000 };

/**
 * Gets from a legacy client what a modern server wants to know, all of it at the same time; a failure is told in words.
 * Throws when the call is canceled meanwhile.
 */
export async function fulfilInput(call: UpstreamCall, input: InputRequired, round: number): Promise<Retry | { readonly failure: string }> {
  const { requests, requestStateText } = input;
  if (requests.length === 0) {
    if (requestStateText === undefined) return { failure: "The server asks for input and does not say for which" };
    await waitOrAbort(backoffMs(AGAIN, round, Math.random()), call.signal);
    if (call.signal.aborted) throw abortError(call.signal);
    return { inputResponsesText: undefined, requestStateText };
  }
  if (requests.length > MAX_REQUESTS) return { failure: `The server asks for ${requests.length} inputs at once` };
  const refused = requests.map((request) => refusal(call, request)).find((failure) => failure !== undefined);
  if (refused !== undefined) return { failure: refused };
  const replies = await askAll(call, requests);
  const failed = replies.find((reply) => "errorText" in reply);
  if (failed !== undefined)
    return { failure: `The client did not give the input that the server asks for: ${failed.errorText.slice(0, 500)}` };
  const members = requests.map(({ key }, index) => memberText(key, (replies[index] as { resultText: string }).resultText));
  return { inputResponsesText: `{${members.join(",")}}`, requestStateText };
}

function refusal({ peer, onQuestion }: UpstreamCall, { method, paramsText }: InputRequest): string | undefined {
  if (typeof method !== "string" || !KINDS.has(method)) return "The server asks for input of a kind that the protocol does not know";
  if (onQuestion === undefined || !mayAsk(peer?.capabilities ?? {}, method)) {
    return `The server asks for ${method}, and this client cannot be asked for it`;
  }
  return paramsText === undefined && method !== "roots/list" ? `The server asks for ${method} and does not say what` : undefined;
}

/** The first error is the end of all other questions, and so is the end of the call. */
async function askAll(call: UpstreamCall, requests: readonly InputRequest[]): Promise<QuestionReply[]> {
  const over = new CallSignal();
  const canceled = Promise.withResolvers<never>();
  canceled.promise.catch(() => {});
  const cancel = () => {
    over.abort();
    canceled.reject(abortError(call.signal));
  };
  if (call.signal.aborted) cancel();
  call.signal.addEventListener("abort", cancel);
  const ask = async ({ method, paramsText }: InputRequest): Promise<QuestionReply> => {
    const question = { method: String(method), paramsText: legacyQuestion(String(method), paramsText), signal: over };
    const reply = (await call.onQuestion?.(question)) ?? { errorText: "null" };
    if ("errorText" in reply) over.abort();
    return reply;
  };
  try {
    return await Promise.race([Promise.all(requests.map(ask)), canceled.promise]);
  } finally {
    call.signal.removeEventListener("abort", cancel);
  }
}

/** Legacy clients know an elicitation in the browser by an id, which modern servers do not give (2025-11-25, "URL mode"). */
function legacyQuestion(method: string, paramsText: string | undefined): string | undefined {
  if (method !== "elicitation/create" || paramsText === undefined) return paramsText;
  const params: unknown = JSON.parse(paramsText);
  if (!isJsonObject(params) || params.mode !== "url" || params.elicitationId !== undefined) return paramsText;
  return withMembers(paramsText, [memberText("elicitationId", JSON.stringify(randomUUID()))]);
}
