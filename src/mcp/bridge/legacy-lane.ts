import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { McpProtocolError } from "../client/mcp-protocol-error.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";
import { postHeaders } from "./endpoint.ts";
import type { Exchange } from "./in-flight.ts";
import type { LaneDeps } from "./lane-deps.ts";
import { LegacySession, type Opened, SESSION_UNKNOWN } from "./legacy-session.ts";
import { isEventStream, noMark, readEvents, readReply, type StreamMark } from "./read-reply.ts";
import { resumeHeaders, returnDelayMs } from "./stream-return.ts";

/**
 * The way of a legacy client's messages: each is posted in the session that its `initialize` opened.
 *
 * What comes after an `initialize` waits for its answer, as on a pipe. A session that the server no longer knows is
 * opened anew with the client's own `initialize`, and the message is sent once more: HTTP 404 says that it was not carried out.
 */
export class LegacyLane {
  readonly #deps: LaneDeps;
  readonly #session: LegacySession;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#session = new LegacySession(deps);
  }

  get isOpen(): boolean {
    return this.#session.current !== undefined;
  }

  /** Resolves when the exchange is done, or its reply ended without an answer. Throws AppError. */
  async exchange(exchange: Exchange): Promise<void> {
    if (exchange.method === "initialize") return this.#session.initialize(exchange);
    await this.#session.settled();
    // It may have been canceled meanwhile.
    if (exchange.done) return;
    const session = this.#session.current;
    if ((await this.#ask(exchange, session)) !== SESSION_UNKNOWN) return;
    const again = await this.#session.reopen(session);
    if ((await this.#ask(exchange, again)) !== SESSION_UNKNOWN) return;
    throw new McpTransportError("unavailable", "MCP_SESSION_LOST", "The server does not know the session that it has just given", {
      status: 404,
    });
  }

  /** Posts a notification. Resolves when the server has taken it, or will not; never rejects. */
  async notify(method: string | undefined, text: string): Promise<void> {
    await this.#session.settled();
    const opens = method === "notifications/initialized";
    try {
      const session = this.#session.current;
      if ((await this.#session.post(text, session)) === SESSION_UNKNOWN) {
        const again = await this.#session.reopen(session);
        // Whoever opens a session anew says that one itself.
        if (!opens) await this.#session.post(text, again);
      }
    } catch (thrown) {
      this.#deps.onFailure(`${method ?? "a batch"} was not delivered`, thrown);
    }
    if (opens) this.#session.listen();
  }

  /** Posts the answer to a request of the server, which may come before that of `initialize`. Never rejects. */
  async respond(text: string): Promise<void> {
    try {
      const unknown = await this.#session.post(text, this.#session.current);
      // A new session has not asked.
      if (unknown !== undefined) this.#deps.log("an answer came too late: the session is over");
    } catch (thrown) {
      this.#deps.onFailure("an answer was not delivered", thrown);
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #ask(exchange: Exchange, session: Opened | undefined): Promise<typeof SESSION_UNKNOWN | undefined> {
    const mark = noMark();
    try {
      const unknown = await this.#post(exchange, session, mark);
      if (unknown !== undefined) return unknown;
    } catch (thrown) {
      const broke = thrown instanceof McpTransportError && thrown.reason === "MCP_NETWORK";
      if (!broke || exchange.signal.aborted || resumeHeaders(mark) === undefined) throw thrown;
    }
    if (!exchange.done) await this.#resume(exchange, session, mark);
    return undefined;
  }

  #post(exchange: Exchange, session: Opened | undefined, mark: StreamMark): Promise<typeof SESSION_UNKNOWN | undefined> {
    const request = { method: "POST", headers: postHeaders(session?.headers), body: exchange.text } as const;
    return this.#deps.endpoint.send(request, exchange.signal, async (response, alive) => {
      if (response.status === 404 && session?.id !== undefined) return SESSION_UNKNOWN;
      await readReply(response, this.#reading(exchange, mark, alive));
      return undefined;
    });
  }

  /** Comes back for an answer to a stream that ended before it, as a server may want it (revision 2025-11-25, SEP-1699). */
  async #resume(exchange: Exchange, session: Opened | undefined, mark: StreamMark): Promise<void> {
    const { endpoint, limits } = this.#deps;
    for (let attempt = 1; attempt <= limits.maxResumes && !exchange.done; attempt += 1) {
      const resume = resumeHeaders(mark);
      if (resume === undefined) return;
      await waitOrAbort(returnDelayMs(mark, limits.reconnect, attempt, Math.random()), exchange.signal);
      const before = mark.lastEventId;
      const request = { method: "GET", headers: { ...session?.headers, ...resume, accept: "text/event-stream" } } as const;
      try {
        await endpoint.send(request, exchange.signal, async (response, alive) => {
          if (!isEventStream(response))
            throw new McpProtocolError("MCP_UNANSWERED", `The rest of a stream is not there: HTTP ${response.status}`);
          await readEvents(response, this.#reading(exchange, mark, alive));
        });
      } catch (thrown) {
        if (exchange.signal.aborted || thrown instanceof McpProtocolError) throw thrown;
      }
      if (mark.lastEventId !== before) attempt = 0;
    }
  }

  #reading(exchange: Exchange, mark: StreamMark, alive: () => void) {
    const take = async (text: string) => {
      await this.#deps.deliver(text, exchange);
      return exchange.done;
    };
    return { maxMessageBytes: this.#deps.limits.maxMessageBytes, alive, mark, take };
  }
}
