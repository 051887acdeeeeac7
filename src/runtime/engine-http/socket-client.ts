import { Agent, type ClientRequest, type IncomingMessage, request as openRequest } from "node:http";
import { AppError } from "../../core/app-error.ts";
import { runtimeFailed, runtimeUnavailable } from "../runtime-errors.ts";
import { CallLimit } from "./call-limit.ts";
import type { EngineReply, EngineRequest } from "./engine-request.ts";
import { Turns } from "./turns.ts";

/** A list of a thousand containers has two million bytes. */
const MAX_REPLY_BYTES = 64 << 20;
const READ_SOCKETS = 4;
const READ_TRIES = 3;

export interface EngineStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends where the engine ends it, and throws where it breaks off or the signal is aborted. A slow reader slows the engine. */
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface SocketClientOptions {
  /** Where nobody listens: resolves with whether somebody does again, soon. Without it the call fails at once. */
  readonly untilBack?: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * HTTP to an engine over its unix socket. Reads share four connections that are kept; each write and each stream has one of
 * its own, so that nothing waits behind a write that hangs. A read is sent again, twice at most, where its connection breaks.
 */
export class SocketClient {
  readonly socketPath: string;
  readonly #readers = new Agent({ keepAlive: true, maxFreeSockets: READ_SOCKETS });
  readonly #open = new Set<ClientRequest>();
  #isClosed = false;
  readonly #turns = new Turns(READ_SOCKETS);

  readonly #untilBack: SocketClientOptions["untilBack"];

  constructor(socketPath: string, options: SocketClientOptions = {}) {
    this.socketPath = socketPath;
    this.#untilBack = options.untilBack;
  }

  /** The whole answer, whatever its status is. */
  async call(request: EngineRequest): Promise<EngineReply> {
    const limit = new CallLimit(request);
    try {
      return request.method === "GET" ? await this.#read(request, limit) : await this.#callOnce(request, limit, undefined);
    } catch (thrown) {
      throw this.#errorOf(request, thrown, limit);
    } finally {
      limit.release();
    }
  }

  /** The answer as it comes. The deadline is for its headers; after them the signal alone ends it. */
  async open(request: EngineRequest): Promise<EngineStream> {
    const limit = new CallLimit(request);
    try {
      const message = await this.#sendOrWait(request, limit, undefined);
      limit.stopTimer();
      return {
        status: message.statusCode ?? 0,
        headers: headersOf(message),
        chunks: this.#chunksOf(request, message, limit),
        close: () => {
          limit.release();
          message.destroy();
        },
      };
    } catch (thrown) {
      limit.release();
      throw this.#errorOf(request, thrown, limit);
    }
  }

  /** Ends what is under way; nothing new is sent. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#open) request.destroy();
    this.#readers.destroy();
  }

  async #read(request: EngineRequest, limit: CallLimit): Promise<EngineReply> {
    const giveBack = await this.#turns.take(limit);
    try {
      for (let left = READ_TRIES - 1; ; left -= 1) {
        try {
          return await this.#callOnce(request, limit, left === READ_TRIES - 1 ? this.#readers : undefined);
        } catch (thrown) {
          if (this.#isClosed || limit.over !== undefined || left === 0 || !isDeadConnection(thrown)) throw thrown;
          await this.#awaitBack(limit);
        }
      }
    } finally {
      giveBack();
    }
  }

  /** Resolves with whether somebody listens; at once with true where nobody watches that. */
  #awaitBack(limit: CallLimit): Promise<boolean> {
    if (this.#untilBack === undefined) return Promise.resolve(true);
    const over = new AbortController();
    limit.whenOver((error) => over.abort(error));
    return this.#untilBack(over.signal);
  }

  async #callOnce(request: EngineRequest, limit: CallLimit, agent: Agent | undefined): Promise<EngineReply> {
    const message = await this.#sendOrWait(request, limit, agent);
    return { status: message.statusCode ?? 0, headers: headersOf(message), text: await wholeText(message, limit) };
  }

  /** What found nobody was not sent, so it may be sent again when somebody is there. */
  async #sendOrWait(request: EngineRequest, limit: CallLimit, agent: Agent | undefined): Promise<IncomingMessage> {
    try {
      return await this.#send(request, limit, agent);
    } catch (thrown) {
      if (this.#untilBack === undefined || this.#isClosed || !["ENOENT", "ECONNREFUSED"].includes(codeOf(thrown))) throw thrown;
      const isBack = await this.#awaitBack(limit);
      if (!isBack || limit.over !== undefined) throw thrown;
      return this.#send(request, limit, undefined);
    }
  }

  async #send(request: EngineRequest, limit: CallLimit, agent: Agent | undefined): Promise<IncomingMessage> {
    if (this.#isClosed) throw runtimeUnavailable("the connection to it was closed");
    const { method, path, body, headers = {} } = request;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = {
      Host: "engine",
      ...(text === undefined ? {} : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(text)) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = openRequest({ socketPath: this.socketPath, method, path, headers: sent, agent: agent ?? false });
      this.#open.add(outgoing);
      limit.whenOver((error) => {
        reject(error);
        outgoing.destroy();
      });
      outgoing.on("response", resolve);
      outgoing.on("error", reject);
      outgoing.on("close", () => {
        this.#open.delete(outgoing);
        reject(new Error("the connection closed before an answer came"));
      });
      outgoing.end(text);
    });
  }

  async *#chunksOf(request: EngineRequest, message: IncomingMessage, limit: CallLimit): AsyncGenerator<Uint8Array> {
    limit.whenOver(() => message.destroy());
    try {
      for await (const chunk of message) yield chunk as Uint8Array;
      if (limit.over !== undefined) throw limit.over;
      if (!message.complete) throw new Error("the engine broke off its answer");
    } catch (thrown) {
      throw this.#errorOf(request, thrown, limit);
    } finally {
      limit.release();
      message.destroy();
    }
  }

  #errorOf(request: EngineRequest, thrown: unknown, limit: CallLimit): AppError {
    if (limit.over !== undefined) return limit.over;
    if (thrown instanceof AppError) return thrown;
    const code = codeOf(thrown);
    const why = { ENOENT: "there is no socket", ECONNREFUSED: "nobody listens on the socket", EACCES: "the socket may not be opened" }[
      code
    ];
    const detail = why ?? (thrown instanceof Error ? thrown.message : String(thrown));
    return runtimeUnavailable(`${detail} (${this.socketPath}, ${request.what})`, thrown);
  }
}

function wholeText(message: IncomingMessage, limit: CallLimit): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    limit.whenOver((error) => {
      reject(error);
      message.destroy();
    });
    message.on("data", (chunk: Uint8Array) => {
      size += chunk.byteLength;
      chunks.push(chunk);
      if (size <= MAX_REPLY_BYTES) return;
      reject(runtimeFailed("answer", `more than ${MAX_REPLY_BYTES >> 20} MiB came`));
      message.destroy();
    });
    message.on("end", () =>
      message.complete ? resolve(Buffer.concat(chunks).toString("utf8")) : reject(new Error("the answer broke off")),
    );
    message.on("error", reject);
    message.on("close", () => reject(new Error("the answer broke off")));
  });
}

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

/** What a connection says whose other end has gone. */
function isDeadConnection(thrown: unknown): boolean {
  if (thrown instanceof AppError) return false;
  return (
    ["ECONNRESET", "EPIPE"].includes(codeOf(thrown)) ||
    (thrown instanceof Error && /closed before|broke off|socket hang up/.test(thrown.message))
  );
}
