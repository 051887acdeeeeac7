import { INITIALIZE, INITIALIZED, type RawClient, type RawReply, requestText } from "./raw-client.ts";
import { readHttpReply } from "./read-http-reply.ts";

/** A session with a server at a URL. */
export class RawHttpClient implements RawClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #nextId = 1;

  private constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers };
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawHttpClient> {
    const client = new RawHttpClient(url, headers);
    const response = await client.#post(requestText('"open"', "initialize", INITIALIZE));
    const session = response.headers.get("mcp-session-id");
    await response.text();
    if (!response.ok) throw new Error(`${url} refused to initialize: ${response.status}`);
    client.#headers["mcp-protocol-version"] = "2025-11-25";
    if (session !== null) client.#headers["mcp-session-id"] = session;
    await (await client.#post(INITIALIZED)).text();
    return client;
  }

  async ask(method: string, paramsText: string, idText: string = String(this.#nextId++)): Promise<RawReply> {
    return readHttpReply(await this.#post(requestText(idText, method, paramsText)), idText);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await fetch(this.#url, { method: "DELETE", headers: this.#headers })).text();
  }

  #post(body: string): Promise<Response> {
    return fetch(this.#url, { method: "POST", headers: this.#headers, body });
  }
}
