import { CallSignal } from "../../core/cancel-signal.ts";
import type { Upstream, UpstreamCall } from "./upstream.ts";

/** A call of a legacy client, with what a test says of it. */
export function callOf(method: string, options: Partial<UpstreamCall> = {}): UpstreamCall {
  return {
    peer: undefined,
    era: "legacy",
    idText: "1",
    method,
    paramsText: undefined,
    onNotification: undefined,
    onQuestion: undefined,
    signal: new CallSignal(),
    ...options,
  };
}

/** Asks and gives the answer as text, in whatever form it comes. */
export async function answerText(upstream: Pick<Upstream, "request">, call: UpstreamCall): Promise<string> {
  const answer = await upstream.request(call);
  return typeof answer === "string" ? answer : new Response(answer).text();
}

/** Calls a tool and gives the result. */
export async function toolResult(
  upstream: Pick<Upstream, "request">,
  name: string,
  args: object = {},
  options: Partial<UpstreamCall> = {},
) {
  const call = callOf("tools/call", { paramsText: JSON.stringify({ name, arguments: args }), ...options });
  const answer = JSON.parse(await answerText(upstream, call));
  if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
  return answer.result;
}
