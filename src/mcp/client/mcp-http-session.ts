import { AppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { NEWEST_LEGACY } from "../eras/2025-11-25/revisions.ts";
import { type JsonRpcId, METHOD_NOT_FOUND } from "../json-rpc.ts";
import { displayUrl, parseEndpointUrl } from "./endpoint-url.ts";
import { failedReply } from "./failed-reply.ts";
import type { FetchLike } from "./fetch-like.ts";
import { answeredError, type IncomingMessage } from "./incoming-message.ts";
import { type InitializeResult, parseInitializeResult } from "./initialize-result.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";
import { networkFailure } from "./network-failure.ts";
import { replyMessages } from "./reply-messages.ts";
import { parseSessionId } from "./session-id.ts";
import { type McpTool, parseToolPage } from "./tool-page.ts";
import { parseToolResult, type ToolResult } from "./tool-result.ts";
import { withDeadline } from "./with-deadline.ts";

export interface McpHttpSessionOptions {
  readonly bearer?: string;
  /** Sent with every request; the session's own headers win. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For each request, its whole answer included. Default 30,000. */
  readonly timeoutMs?: number;
  /** Bounds a JSON answer, and each event of a stream. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  readonly fetch?: FetchLike;
}

type Params = Readonly<Record<string, unknown>>;

const MAX_TOOL_PAGES = 200;
/** A server that asks faster than it takes answers gets no more of them. */
const MAX_ANSWERS_UNDER_WAY = 16;
const MAX_IDS_SHOWN = 3;
const BEARER = /^[\x21-\x7e]+$/;

/**
 * A client's session with one MCP endpoint over Streamable HTTP, legacy era.
 *
 * created → initialize() → ready → close() → closed. `send` works before `initialize`
 * too, without a session id. Requests may run side by side; each reply goes to the
 * request whose id it bears, whichever body it came in; a body is read up to its own reply. It opens no GET stream and
 * does not resume a broken one: a broken stream is a failed request.
 *
 * Methods throw McpTransportError or McpProtocolError; after close, `precondition`.
 */
export class McpHttpSession {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #fetch: FetchLike;
  readonly #closing = new AbortController();
  readonly #pending = new Map<JsonRpcId, PromiseWithResolvers<unknown>>();
  #nextId = 1;
  #answersUnderWay = 0;
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;

  /** Throws `invalid` for a URL that is not http(s) and for a bearer that no header can carry. */
  constructor(url: string, options: McpHttpSessionOptions = {}) {
    this.#url = parseEndpointUrl(url);
    this.#headers = requestHeaders(options);
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 16 * 1024 * 1024;
    this.#fetch = options.fetch ?? fetch;
  }

  /** What the server gave at `initialize`, undefined where it keeps no sessions. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** Opens the session; called again, it opens a new one. */
  async initialize(): Promise<InitializeResult> {
    this.#sessionId = undefined;
    this.#protocolVersion = undefined;
    const params = { protocolVersion: NEWEST_LEGACY, capabilities: {}, clientInfo: { name: "mcpctl", version: VERSION } };
    const result = parseInitializeResult(await this.send("initialize", params));
    this.#protocolVersion = result.protocolVersion;
    await this.sendNotification("notifications/initialized");
    return result;
  }

  /** All tools, page by page. Throws McpProtocolError where the pages do not end. */
  async listTools(): Promise<McpTool[]> {
    const tools: McpTool[] = [];
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < MAX_TOOL_PAGES; page++) {
      const { tools: more, nextCursor } = parseToolPage(await this.send("tools/list", cursor === undefined ? {} : { cursor }));
      tools.push(...more);
      if (nextCursor === undefined) return tools;
      if (seen.has(nextCursor)) break;
      seen.add(nextCursor);
      cursor = nextCursor;
    }
    throw new McpProtocolError("MCP_PAGES_ENDLESS", `The pages of tools/list do not end (${seen.size} read)`);
  }

  /** A result with `isError` is returned, not thrown. */
  async callTool(name: string, args: Params = {}): Promise<ToolResult> {
    return parseToolResult(await this.send("tools/call", { name, arguments: args }));
  }

  /** Sends one request and returns its `result`, whatever its shape. */
  async send(method: string, params?: Params, options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    const id = this.#nextId++;
    try {
      return await this.#within(method, options.signal, (signal) => this.#exchange(id, method, params, signal));
    } finally {
      this.#pending.delete(id);
    }
  }

  async sendNotification(method: string, params?: Params): Promise<void> {
    await this.#deliver(method, { method, params });
  }

  /** Ends the session here and at the server. Safe to call twice; a server that will not end it is left alone. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    if (this.#sessionId === undefined) return;
    const deadline = { what: "DELETE", timeoutMs: Math.min(this.#timeoutMs, 5_000) };
    try {
      await withDeadline(deadline, async (signal) => {
        await this.#fetch(this.#url.href, { method: "DELETE", headers: this.#currentHeaders(), redirect: "manual", signal });
      });
    } catch {
      // 405 and a lost connection alike: the server ends an idle session by itself.
    }
  }

  #exchange(id: JsonRpcId, method: string, params: Params | undefined, signal: AbortSignal): Promise<unknown> {
    const reply = Promise.withResolvers<unknown>();
    this.#pending.set(id, reply);
    this.#readReply(id, { id, method, params }, signal).catch((error) => reply.reject(networkFailure(error, displayUrl(this.#url))));
    return reply.promise;
  }

  async #readReply(id: JsonRpcId, message: object, signal: AbortSignal): Promise<void> {
    const response = await this.#post(message, signal);
    if ("method" in message && message.method === "initialize") this.#sessionId = parseSessionId(response.headers.get("mcp-session-id"));
    const others: JsonRpcId[] = [];
    for await (const batch of replyMessages(response, this.#maxBodyBytes)) {
      const answered = batch.map((incoming) => this.#take(incoming, id)).filter((answeredId) => answeredId !== undefined);
      if (answered.includes(id)) return;
      if (others.length < MAX_IDS_SHOWN) others.push(...answered.slice(0, MAX_IDS_SHOWN));
    }
    const instead = others.length === 0 ? "" : `; it answers ${JSON.stringify(others)} instead`;
    throw new McpProtocolError("MCP_UNANSWERED", `The body ended without a reply to request ${id}${instead}`);
  }

  /** Settles what the message answers and returns its id. An error without an id answers the body's own request. */
  #take(incoming: IncomingMessage, ownId: JsonRpcId): JsonRpcId | undefined {
    switch (incoming.kind) {
      case "result":
        this.#pending.get(incoming.id)?.resolve(incoming.result);
        return incoming.id;
      case "error": {
        const id = incoming.id ?? ownId;
        this.#pending.get(id)?.reject(answeredError(incoming.error));
        return id;
      }
      case "request":
        this.#refuse(incoming);
        return undefined;
      case "notification":
        return undefined;
    }
  }

  /** This client offers no capabilities, so a server may ask for nothing but a ping. */
  #refuse(request: { readonly id: JsonRpcId; readonly method: string }): void {
    if (this.#answersUnderWay >= MAX_ANSWERS_UNDER_WAY) return;
    const error = { code: METHOD_NOT_FOUND, message: `This client does not offer ${request.method}` };
    const answer = request.method === "ping" ? { id: request.id, result: {} } : { id: request.id, error };
    const done = () => {
      this.#answersUnderWay--;
    };
    this.#answersUnderWay++;
    // Whether the answer arrived shows in how the server goes on.
    this.#deliver(`the answer to ${request.method}`, answer).then(done, done);
  }

  /** Posts a message that has no reply. */
  #deliver(what: string, message: object): Promise<void> {
    return this.#within(what, undefined, async (signal) => {
      try {
        await this.#post(message, signal);
      } catch (error) {
        throw networkFailure(error, displayUrl(this.#url));
      }
    });
  }

  async #post(message: object, signal: AbortSignal): Promise<Response> {
    const response = await this.#fetch(this.#url.href, {
      method: "POST",
      headers: { ...this.#currentHeaders(), "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      // A redirect would take the bearer along.
      redirect: "manual",
      signal,
    });
    if (!response.ok) throw await failedReply(response);
    return response;
  }

  async #within<T>(what: string, caller: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw new AppError("precondition", "SESSION_CLOSED", "The session is closed");
    const signals = [this.#closing.signal, caller];
    return withDeadline({ what: `${what} at ${displayUrl(this.#url)}`, timeoutMs: this.#timeoutMs, signals }, work);
  }

  #currentHeaders(): Record<string, string> {
    return {
      ...this.#headers,
      ...(this.#sessionId === undefined ? {} : { "mcp-session-id": this.#sessionId }),
      ...(this.#protocolVersion === undefined ? {} : { "mcp-protocol-version": this.#protocolVersion }),
    };
  }
}

/** Names in lower case, so that no two spellings of one header meet. */
function requestHeaders(options: McpHttpSessionOptions): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  if (options.bearer === undefined) return headers;
  if (!BEARER.test(options.bearer))
    throw new AppError("invalid", "BEARER_INVALID", "The token is empty or has characters that no header can carry", {
      hint: "put the token itself into MCPCTL_TOKEN or --token, as it was printed",
    });
  return { ...headers, authorization: `Bearer ${options.bearer}` };
}
