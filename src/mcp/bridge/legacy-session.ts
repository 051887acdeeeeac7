import { McpTransportError } from "../client/mcp-transport-error.ts";
import { parseSessionId } from "../client/session-id.ts";
import { bridgeClosed } from "./bridge-errors.ts";
import { postHeaders } from "./endpoint.ts";
import type { Exchange } from "./in-flight.ts";
import type { LaneDeps } from "./lane-deps.ts";
import { readOwnStream } from "./own-stream.ts";
import { noMark, readReply } from "./read-reply.ts";
import { parseServerMessages, type ServerMessage } from "./server-message.ts";

/** What every message of a session carries. */
export interface Opened {
  /** Undefined where the server keeps no sessions. */
  readonly id: string | undefined;
  /** The revision that was agreed on; undefined until the answer is here. */
  readonly version: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export const SESSION_UNKNOWN = Symbol("session unknown");

const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
const VERSION = /^[\x21-\x7e]{1,64}$/;

/**
 * The session of a legacy client with the server.
 *
 * States: none → opening (`initialize`) → open → (the server forgets it) reopening → open → closed. Only an open one is
 * listened to: its own stream is read from the client's `notifications/initialized` on, where the server has one.
 */
export class LegacySession {
  readonly #deps: LaneDeps;
  readonly #closing = new AbortController();
  #current: Opened | undefined;
  /** The client's own words, to open a session anew. */
  #initializeText: string | undefined;
  #opening: Promise<void> = Promise.resolve();
  #reopening: Promise<Opened> | undefined;
  #listening: AbortController | undefined;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  get current(): Opened | undefined {
    return this.#current;
  }

  /** Resolves when no `initialize` is under way. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.#reopening?.catch(() => {});
  }

  /** Carries out the client's `initialize`; a session that was open before ends. Throws AppError. */
  async initialize(exchange: Exchange): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opening = promise;
    const over = [this.#leave()];
    try {
      await this.#open(exchange.text, exchange.signal, async (message) => {
        await this.#deps.deliver(message.line, exchange);
        return exchange.done;
      });
    } finally {
      if (this.#current?.version === undefined) over.push(this.#leave());
      else this.#initializeText = exchange.text;
      resolve();
      for (const session of over) if (session !== undefined) await this.#end(session);
    }
  }

  /** In place of `stale`, which the server no longer knows; whoever finds that out at the same time shares it. Throws AppError. */
  reopen(stale: Opened | undefined): Promise<Opened> {
    if (this.#current !== undefined && this.#current !== stale) return Promise.resolve(this.#current);
    this.#reopening ??= this.#reopen(stale).finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** Posts a message that has no answer. Throws AppError where the server does not take it. */
  async post(text: string, session: Opened | undefined): Promise<typeof SESSION_UNKNOWN | undefined> {
    const { endpoint, limits } = this.#deps;
    const request = { method: "POST", headers: postHeaders(session?.headers), body: text, limitMs: limits.deliverMs } as const;
    return endpoint.send(request, this.#closing.signal, async (response, alive) => {
      if (response.ok) return undefined;
      if (response.status === 404 && session?.id !== undefined) return SESSION_UNKNOWN;
      await readReply(response, { ...this.#bounds(alive), mark: noMark(), take: async (answer) => refuse(answer) });
      return undefined;
    });
  }

  /** Reads the server's own stream from now on. */
  listen(): void {
    const session = this.#current;
    if (session === undefined || this.#closing.signal.aborted) return;
    this.#listening?.abort();
    this.#listening = new AbortController();
    void this.#listen(session, AbortSignal.any([this.#listening.signal, this.#closing.signal]));
  }

  /** Tells the server that the session is over. Never rejects. */
  async close(): Promise<void> {
    const session = this.#leave();
    this.#closing.abort(bridgeClosed());
    if (session !== undefined) await this.#end(session);
  }

  #leave(): Opened | undefined {
    const session = this.#current;
    this.#current = undefined;
    this.#listening?.abort();
    return session;
  }

  async #open(text: string, signal: AbortSignal, take: (message: ServerMessage) => Promise<boolean>): Promise<void> {
    const request = { method: "POST", headers: postHeaders(), body: text } as const;
    await this.#deps.endpoint.send(request, signal, async (response, alive) => {
      // What a server asks before its answer is replied to in the session already.
      const id = response.ok ? parseSessionId(response.headers.get("mcp-session-id")) : undefined;
      if (id !== undefined) this.#current = openedWith(id, undefined);
      const takeAll = async (reply: string) => {
        const messages = parseServerMessages(reply) ?? [];
        for (const message of messages) {
          const version = versionIn(message);
          if (version !== undefined) this.#current = openedWith(id, version);
          if (await take(message)) return true;
        }
        return false;
      };
      await readReply(response, { ...this.#bounds(alive), mark: noMark(), take: takeAll });
    });
  }

  async #reopen(stale: Opened | undefined): Promise<Opened> {
    const text = this.#initializeText;
    if (text === undefined) throw lost("The server does not know the session, and there is no initialize to open another with");
    this.#listening?.abort();
    try {
      let answered = false;
      await this.#open(text, this.#closing.signal, async (message) => {
        if (message.kind === "other") await this.#deps.deliver(message.line);
        answered ||= message.kind === "answer";
        return answered;
      });
      const session = this.#current;
      if (session === undefined || session === stale || session.version !== stale?.version) {
        throw lost("The server does not know the session any more, and opens no other like it");
      }
      await this.post(INITIALIZED, session);
      this.#deps.log("the session was over: a new one is open, and what was subscribed to before is not");
      this.listen();
      return session;
    } catch (thrown) {
      // The next message finds out anew.
      this.#current = stale;
      throw thrown;
    }
  }

  async #listen(session: Opened, signal: AbortSignal): Promise<void> {
    try {
      // A new session is listened to from its beginning.
      if ((await readOwnStream(this.#deps, session.headers, signal)) === "session over") await this.reopen(session);
    } catch (thrown) {
      this.#deps.onFailure("the server's own stream cannot be read", thrown);
    }
  }

  async #end({ id, headers }: Opened): Promise<void> {
    if (id === undefined) return;
    const request = { method: "DELETE", headers, limitMs: this.#deps.limits.closeMs } as const;
    try {
      await this.#deps.endpoint.send(request, new AbortController().signal, async () => undefined);
    } catch {
      // 405 and a lost connection alike: the server ends an idle session by itself.
    }
  }

  #bounds(alive: () => void) {
    return { maxMessageBytes: this.#deps.limits.maxMessageBytes, alive };
  }
}

function openedWith(id: string | undefined, version: string | undefined): Opened {
  const headers = {
    ...(id === undefined ? {} : { "mcp-session-id": id }),
    ...(version === undefined ? {} : { "mcp-protocol-version": version }),
  };
  return { id, version, headers };
}

/** The revision in an answer to `initialize`; undefined where it refuses, or names none that a header can carry. */
function versionIn({ kind, value }: ServerMessage): string | undefined {
  const { protocolVersion } = kind === "answer" ? ((value.result ?? {}) as { protocolVersion?: unknown }) : {};
  return typeof protocolVersion === "string" && VERSION.test(protocolVersion) ? protocolVersion : undefined;
}

/** A JSON-RPC error in place of HTTP 202. */
function refuse(answer: string): never {
  throw new McpTransportError("invalid", "MCP_MESSAGE_REFUSED", `The server refused the message: ${answer.slice(0, 200)}`);
}

function lost(message: string): McpTransportError {
  return new McpTransportError("unavailable", "MCP_SESSION_LOST", message, { status: 404 });
}
