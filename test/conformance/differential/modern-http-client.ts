import { requestHeaders } from "../../../src/mcp/eras/2026-07-28/request-headers.ts";
import { modernParams } from "./modern-params.ts";
import { type RawClient, type RawReply, requestText } from "./raw-client.ts";
import { readHttpReply } from "./read-http-reply.ts";

/** A client of 2026-07-28 at a URL: each of its requests stands for itself. */
export class ModernHttpClient implements RawClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #nextId = 1;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers };
  }

  async ask(
    method: string,
    paramsText: string,
    idText: string = String(this.#nextId++),
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawReply> {
    const params = modernParams(paramsText);
    const init = {
      method: "POST",
      headers: { ...this.#headers, ...requestHeaders(method, JSON.parse(params)), ...headers },
      body: requestText(idText, method, params),
    };
    return readHttpReply(await fetch(this.#url, init), idText);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
