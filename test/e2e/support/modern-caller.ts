import { META, MODERN_REVISION } from "../../../src/mcp/eras/2026-07-28/meta-keys.ts";
import { requestHeaders } from "../../../src/mcp/eras/2026-07-28/request-headers.ts";

/** Speaks MCP of 2026-07-28 as plain HTTP requests, with what a test says of itself. It may be asked for input. */
export class ModernCaller {
  readonly #url: string;
  readonly #token: string;
  #nextId = 1;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** The response as it comes; `meta` goes into `_meta` beside what the protocol wants there. */
  send(method: string, params: Readonly<Record<string, unknown>> = {}, meta: Readonly<Record<string, unknown>> = {}): Promise<Response> {
    const _meta = { [META.version]: MODERN_REVISION, [META.clientCapabilities]: { elicitation: {} }, ...meta };
    const all = { ...params, _meta };
    return fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${this.#token}`,
        ...requestHeaders(method, all),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: this.#nextId++, method, params: all }),
    });
  }

  /** Calls a tool that asks its client something, and gives what the client is to come back with. */
  async park(name: string, meta: Readonly<Record<string, unknown>> = {}): Promise<Parked> {
    const response = await this.send("tools/call", { name }, meta);
    const text = await response.text();
    const { result } = JSON.parse(text) as { result?: { resultType?: string; requestState?: string; inputRequests?: object } };
    if (result?.resultType !== "input_required") throw new Error(`the call is not parked: ${text}`);
    const inputResponses = Object.fromEntries(Object.keys(result.inputRequests ?? {}).map((key) => [key, { action: "accept" }]));
    return { headers: response.headers, params: { name, requestState: result.requestState, inputResponses } };
  }
}

export interface Parked {
  readonly headers: Headers;
  /** Of the request that goes on with the call. */
  readonly params: Readonly<Record<string, unknown>>;
}
