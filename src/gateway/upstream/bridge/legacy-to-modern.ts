import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { GATEWAY_INFO } from "../initialize-request.ts";
import type { Peer } from "../peer.ts";
import type { UpstreamAnswer, UpstreamCall } from "../upstream.ts";
import { modernCapabilities } from "./client-capabilities.ts";
import { fulfilInput } from "./fulfil-input.ts";
import { readModernResult } from "./input-required.ts";
import { LegacyTools } from "./legacy-tools.ts";
import { type ModernClient, modernParams, type Retry } from "./modern-params.ts";

/** How often a server may ask for input before one call is given up. */
const MAX_ROUNDS = 10;
const INTERNAL_ERROR = -32603;

/** Methods of legacy revisions that servers of the modern one do not have. */
const GONE = new Set(["initialize", "resources/subscribe", "resources/unsubscribe"]);

/**
 * Legacy callers at a modern server. Each call says who calls; where the server wants to know more it is asked of the client,
 * and the call is sent again with the answers, under an id of its own. The client never sees that a server asked that way.
 */
export class LegacyToModern {
  readonly #tools = new LegacyTools();
  /** What clients have said with `logging/setLevel`, which the server does not have. */
  readonly #levels = new WeakMap<Peer, string>();

  /** `ask` puts a modern request to the server, under an id of its own each time. */
  async request(call: UpstreamCall, ask: (call: UpstreamCall) => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    const { idText, method } = call;
    if (method === "ping") return resultMessage(idText, "{}");
    if (method === "logging/setLevel") return this.#setLevel(call);
    if (GONE.has(method)) return errorMessage(idText, { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` });
    return this.#carry(call, ask);
  }

  /** Carries a modern call, which needs no bridge; what it lists is remembered for the results of legacy callers. */
  pass(call: UpstreamCall, ask: (call: UpstreamCall) => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    return call.method === "tools/list" ? this.#learn(call, ask) : ask(call);
  }

  async #learn(call: UpstreamCall, ask: (call: UpstreamCall) => Promise<UpstreamAnswer>): Promise<string> {
    const answer = await textOf(await ask(call));
    this.#legacyAnswer(call, answer);
    return answer;
  }

  async #carry(call: UpstreamCall, ask: (call: UpstreamCall) => Promise<UpstreamAnswer>): Promise<string> {
    const client = this.#clientOf(call);
    let retry: Retry | undefined;
    for (let round = 1; ; round += 1) {
      const paramsText = modernParams(call.paramsText, client, retry);
      const text = await textOf(await ask({ ...call, era: "modern", paramsText, onQuestion: undefined }));
      const result = readModernResult(text);
      if (result.kind === "complete") return this.#legacyAnswer(call, text);
      if (result.kind === "unknown")
        return failed(call, `The server answered with a result of the type ${JSON.stringify(result.resultType)}`);
      if (round > MAX_ROUNDS) return failed(call, `The server still asks for input after ${MAX_ROUNDS} rounds`);
      const given = await fulfilInput(call, result.input, round);
      if ("failure" in given) return failed(call, given.failure);
      retry = given;
    }
  }

  #clientOf({ peer, onQuestion }: UpstreamCall): ModernClient {
    return {
      capabilities: modernCapabilities(peer?.capabilities ?? {}, onQuestion !== undefined),
      clientInfo: peer?.clientInfo ?? GATEWAY_INFO,
      logLevel: peer && (peer.logLevel ?? this.#levels.get(peer)),
    };
  }

  #setLevel({ idText, peer, paramsText = "{}" }: UpstreamCall): string {
    const { level } = JSON.parse(paramsText) as { level?: unknown };
    if (peer !== undefined && typeof level === "string") this.#levels.set(peer, level);
    return resultMessage(idText, "{}");
  }

  #legacyAnswer({ method, paramsText = "{}" }: UpstreamCall, answer: string): string {
    if (method !== "tools/list" && method !== "tools/call") return answer;
    const { cursor, name } = JSON.parse(paramsText) as { cursor?: unknown; name?: unknown };
    return method === "tools/list" ? this.#tools.list(answer, cursor === undefined) : this.#tools.result(answer, name);
  }
}

async function textOf(answer: UpstreamAnswer): Promise<string> {
  return typeof answer === "string" ? answer : new Response(answer).text();
}

/** What went wrong between server and client is the result of a tool, which its model may read; elsewhere it is an error. */
function failed({ idText, method }: UpstreamCall, message: string): string {
  if (method !== "tools/call") return errorMessage(idText, { code: INTERNAL_ERROR, message });
  return resultMessage(idText, JSON.stringify({ content: [{ type: "text", text: message }], isError: true }));
}
