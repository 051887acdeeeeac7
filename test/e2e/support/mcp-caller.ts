import { waitUntil } from "./wait-until.ts";

const REVISION = "2025-11-25";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a reply is looked at by what a test expects of it.
  readonly json: any;
}

/** Speaks MCP as plain HTTP requests, so that a test sees what is on the wire. */
export class McpCaller {
  readonly #url: string;
  readonly #token: string;
  readonly sessionId: string | undefined;
  #nextId = 1;

  constructor(url: string, token: string, sessionId?: string) {
    this.#url = url;
    this.#token = token;
    this.sessionId = sessionId;
  }

  /** Opens a session. */
  static async open(url: string, token: string): Promise<McpCaller> {
    const caller = new McpCaller(url, token);
    const reply = await caller.initialize();
    const sessionId = reply.headers.get("mcp-session-id");
    if (sessionId === null) throw new Error(`initialize was answered with ${reply.status} ${reply.text}`);
    return new McpCaller(url, token, sessionId);
  }

  initialize(): Promise<Reply> {
    const clientInfo = { name: "mcpctl-e2e", version: "1" };
    return this.request("initialize", { protocolVersion: REVISION, capabilities: {}, clientInfo });
  }

  request(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    return this.send("POST", JSON.stringify({ jsonrpc: "2.0", id: this.#nextId++, method, params }));
  }

  call(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    return this.request("tools/call", { name, arguments: args });
  }

  /** Starts a call and resolves when it is known to be in flight: another request with its id is refused. */
  async begin(name: string, meta: Readonly<Record<string, unknown>> = {}): Promise<{ readonly reply: Promise<Reply> }> {
    const id = `begun-${this.#nextId++}`;
    const reply = this.send("POST", JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, _meta: meta } }));
    await waitUntil("the call is in flight", async () => {
      const again = await this.send("POST", JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }));
      return again.text.includes("in flight");
    });
    return { reply };
  }

  async toolNames(): Promise<string[]> {
    const { json } = await this.request("tools/list");
    return json.result.tools.map(({ name }: { readonly name: string }) => name);
  }

  end(): Promise<Reply> {
    return this.send("DELETE");
  }

  /** Opens the stream from server to client. */
  listen(signal: AbortSignal): Promise<Response> {
    return fetch(this.#url, { headers: { ...this.#headers(), accept: "text/event-stream" }, signal });
  }

  async send(method: string, body?: string): Promise<Reply> {
    const response = await fetch(this.#url, { method, headers: this.#headers(), ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }

  #headers(): Record<string, string> {
    return {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${this.#token}`,
      ...(this.sessionId === undefined ? {} : { "mcp-session-id": this.sessionId }),
    };
  }
}
