import { CallSignal } from "../../core/cancel-signal.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import type { Subscriber } from "./subscriptions.ts";
import type { InitializeResult, UpstreamAnswer, UpstreamCall } from "./upstream.ts";
import { NO_SUBSCRIPTIONS } from "./upstream-errors.ts";

let lastId = 0;

/** Subscribes with `resources/subscribe`, in the gateway's own session. */
export function legacySubscriber({ capabilities }: InitializeResult, request: (call: UpstreamCall) => Promise<UpstreamAnswer>): Subscriber {
  const ask = async (method: string, uri: string): Promise<string | undefined> => {
    lastId += 1;
    const answer = await request({
      peer: undefined,
      era: "legacy",
      idText: `"mcpctl-subscription-${lastId}"`,
      method,
      paramsText: JSON.stringify({ uri }),
      onNotification: undefined,
      onQuestion: undefined,
      signal: new CallSignal(),
    });
    const { error } = JSON.parse(typeof answer === "string" ? answer : await new Response(answer).text()) as { error?: unknown };
    return error === undefined ? undefined : JSON.stringify(error);
  };
  return {
    add: async (uri) => (offersSubscriptions(capabilities) ? ask("resources/subscribe", uri) : NO_SUBSCRIPTIONS),
    remove: (uri) => void ask("resources/unsubscribe", uri).catch(() => {}),
  };
}

/** Whether a server lets its resources be watched, in either era. */
export function offersSubscriptions({ resources }: InitializeResult["capabilities"]): boolean {
  return isJsonObject(resources) && resources.subscribe === true;
}
