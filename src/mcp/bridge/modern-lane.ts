import { HEADER_MISMATCH } from "../eras/2026-07-28/error-codes.ts";
import { requestHeaders } from "../eras/2026-07-28/request-headers.ts";
import { ToolHeaders } from "../eras/2026-07-28/tool-headers.ts";
import { bridgeClosed } from "./bridge-errors.ts";
import { postHeaders } from "./endpoint.ts";
import type { Exchange } from "./in-flight.ts";
import type { LaneDeps } from "./lane-deps.ts";
import { noMark, readReply } from "./read-reply.ts";
import { parseServerMessages, type ServerMessage } from "./server-message.ts";

const MAX_PAGES = 50;

/**
 * The way of a modern client's messages: each request is posted by itself, with headers that repeat what it says.
 *
 * On a pipe a client cancels with a notification, over HTTP by closing the stream: aborting an exchange does that. On a
 * pipe a server that ends a subscription says so besides its answer; over HTTP the end of the stream says it.
 */
export class ModernLane {
  readonly #deps: LaneDeps;
  readonly #tools: ToolHeaders;
  readonly #closing = new AbortController();
  #learning: Promise<void> | undefined;
  #ownIds = 0;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#tools = new ToolHeaders((tool, fault) => deps.log(`the tool ${tool} is left out of the list: ${fault}`));
  }

  /** Resolves when the exchange is done, or its reply ended without an answer. Throws AppError. */
  async exchange(exchange: Exchange): Promise<void> {
    const headers = this.#paramHeaders(exchange);
    const mismatch = await this.#ask(exchange, headers, exchange.method === "tools/call");
    if (mismatch === undefined) return;
    await this.#learn(exchange.params._meta);
    const now = this.#paramHeaders(exchange);
    if (JSON.stringify(now) === JSON.stringify(headers)) await this.#deps.deliver(mismatch, exchange);
    else await this.#ask(exchange, now, false);
  }

  /** Posts a notification. Resolves when the server has taken it, or will not; never rejects. */
  async notify(method: string, params: Readonly<Record<string, unknown>>, text: string): Promise<void> {
    const { endpoint, limits } = this.#deps;
    const request = {
      method: "POST",
      headers: postHeaders(requestHeaders(method, params)),
      body: text,
      limitMs: limits.deliverMs,
    } as const;
    try {
      await endpoint.send(request, this.#closing.signal, async (response, alive) => {
        if (!response.ok) await readReply(response, { ...this.#bounds(alive), take: async () => true });
      });
    } catch (thrown) {
      this.#deps.onFailure(`${method} was not delivered`, thrown);
    }
  }

  /** Ends what it asks for itself; exchanges are ended by whoever began them. */
  close(): void {
    this.#closing.abort(bridgeClosed());
  }

  #paramHeaders({ method, params }: Exchange): Record<string, string> {
    return method === "tools/call" ? this.#tools.of(params.name, params.arguments) : {};
  }

  /** Posts the request and passes on what comes; but a mismatch of headers is returned as its text, where it is wanted. */
  #ask(exchange: Exchange, paramHeaders: Readonly<Record<string, string>>, mayMismatch: boolean): Promise<string | undefined> {
    const { method = "", params, text } = exchange;
    const headers = postHeaders({ ...requestHeaders(method, params), ...paramHeaders });
    return this.#deps.endpoint.send({ method: "POST", headers, body: text }, exchange.signal, async (response, alive) => {
      let mismatch: string | undefined;
      const take = async (reply: string) => {
        if (mayMismatch && response.status === 400 && isMismatch(reply)) mismatch = reply;
        else await this.#deps.deliver(method === "tools/list" ? this.#take(reply, params) : reply, exchange);
        return exchange.done;
      };
      await readReply(response, { ...this.#bounds(alive), take });
      return mismatch;
    });
  }

  /** A list of tools as it may be shown: what is no list passes as it is. */
  #take(reply: string, { cursor }: Exchange["params"]): string {
    const messages = parseServerMessages(reply) ?? [];
    return messages.length === 1 && messages[0]?.kind === "answer" ? this.#tools.take(reply, cursor === undefined) : reply;
  }

  /** What is known of a tool may be old, or nothing: reads the list. Exchanges that want it together share one reading. */
  #learn(meta: unknown): Promise<void> {
    const failed = (thrown: unknown) => this.#deps.onFailure("the list of tools could not be read", thrown);
    this.#learning ??= this.#readTools(meta as Record<string, unknown>)
      .catch(failed)
      .finally(() => {
        this.#learning = undefined;
      });
    return this.#learning;
  }

  /** `progressToken` is the call's own: progress is not told twice. */
  async #readTools({ progressToken: _, ...meta }: Record<string, unknown>): Promise<void> {
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.#askOwn("tools/list", { ...(cursor === undefined ? {} : { cursor }), _meta: meta });
      if (answer === undefined) return;
      this.#tools.take(answer.line, cursor === undefined);
      cursor = (answer.value.result as { nextCursor?: unknown } | undefined)?.nextCursor;
      if (cursor === undefined) return;
    }
  }

  async #askOwn(method: string, params: Readonly<Record<string, unknown>>): Promise<ServerMessage | undefined> {
    this.#ownIds += 1;
    const body = JSON.stringify({ jsonrpc: "2.0", id: `mcplocal-${this.#ownIds}`, method, params });
    const headers = postHeaders(requestHeaders(method, params));
    return this.#deps.endpoint.send({ method: "POST", headers, body }, this.#closing.signal, async (response, alive) => {
      let answer: ServerMessage | undefined;
      const take = async (reply: string) => {
        answer ??= parseServerMessages(reply)?.find(({ kind }) => kind === "answer");
        return answer !== undefined;
      };
      await readReply(response, { ...this.#bounds(alive), take });
      return answer;
    });
  }

  #bounds(alive: () => void) {
    return { maxMessageBytes: this.#deps.limits.maxMessageBytes, alive, mark: noMark() };
  }
}

function isMismatch(reply: string): boolean {
  const [message] = parseServerMessages(reply) ?? [];
  return (message?.value.error as { code?: unknown } | undefined)?.code === HEADER_MISMATCH;
}
