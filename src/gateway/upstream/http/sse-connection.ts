import { AppError } from "../../../core/app-error.ts";
import { CallSignal, type CancelSignal } from "../../../core/cancel-signal.ts";
import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { answerFor, cancelText, hopParams, progressFor, requestText } from "../hop.ts";
import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Connection } from "../keep-connected.ts";
import { type InitializeResult, isListChanged, type UpstreamCall, type UpstreamEvents } from "../upstream.ts";
import { abortError, upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";
import { connectionError } from "./http-exchange.ts";
import { SseWire, type SseWireOptions } from "./sse-wire.ts";

export interface SseConnectionOptions extends Omit<SseWireOptions, "onMessage" | "onOver"> {
  readonly events: UpstreamEvents;
  /** For the stream, its endpoint and the handshake together. */
  readonly initializeTimeoutMs: number;
  readonly maxInFlight: number;
}

/** A stream of a server of the HTTP+SSE transport that has answered `initialize`, shared by all callers. */
export interface SseConnection extends Connection {
  request(call: UpstreamCall): Promise<string>;
}

interface Pending {
  readonly call: UpstreamCall;
  readonly resolve: (message: string) => void;
  readonly reject: (error: AppError) => void;
}

/** A message that nobody waits for holds its connection no longer than this. */
const FORGOTTEN_MS = 10_000;
/** A server that asks faster than it takes the answers gets none for the rest. */
const MAX_ANSWERING = 16;
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * Opens the stream of a server of the HTTP+SSE transport (revision 2024-11-05) and shakes hands. Throws `unavailable` where
 * it is away or silent, `internal`/`UPSTREAM_BROKEN` where it is no such server.
 *
 * Many callers share the one stream, so each request gets an id and a progress token of this hop; the caller's own are put
 * back into what comes, and all else passes as it is. With the stream all that waits is lost.
 */
export async function connectSse(options: SseConnectionOptions, signal: AbortSignal): Promise<SseConnection> {
  const mux = new SseMux(options);
  try {
    const initialized = await mux.open(signal);
    const { wire } = mux;
    return { initialized, closed: wire.closed, close: async () => wire.end("it is stopped"), request: (call) => mux.request(call) };
  } catch (thrown) {
    mux.wire.end("it did not connect");
    throw thrown;
  }
}

class SseMux {
  readonly wire: SseWire;
  readonly #options: SseConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #answering = 0;

  constructor(options: SseConnectionOptions) {
    this.#options = options;
    this.wire = new SseWire({ ...options, onMessage: (text) => this.#receive(text), onOver: (reason) => this.#lose(reason) });
  }

  async open(signal: AbortSignal): Promise<InitializeResult> {
    const { handle, initializeTimeoutMs } = this.#options;
    let givenUp: AppError | undefined;
    const giveUp = (error: AppError) => {
      givenUp = error;
      this.wire.end(error.message);
    };
    const late = upstreamUnavailable(handle, `it did not answer initialize within ${Math.round(initializeTimeoutMs / 1000)} s`);
    const timer = setTimeout(() => giveUp(late), initializeTimeoutMs);
    const onAbort = () => giveUp(abortError(signal));
    signal.addEventListener("abort", onAbort);
    try {
      if (signal.aborted) onAbort();
      await this.wire.connect();
      return await this.#shakeHands();
    } catch (thrown) {
      throw givenUp ?? this.#notConnected(thrown);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  request(call: UpstreamCall): Promise<string> {
    const { handle, maxInFlight } = this.#options;
    if (call.signal.aborted) return Promise.reject(abortError(call.signal));
    if (this.wire.over !== undefined) return Promise.reject(upstreamUnavailable(handle, this.wire.over));
    if (this.#pending.size >= maxInFlight) {
      return Promise.reject(new AppError("exhausted", "UPSTREAM_BUSY", `Server ${handle} has ${maxInFlight} calls in flight already`));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const post = new Post();
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          call.signal.removeEventListener("abort", onAbort);
          this.#pending.delete(id);
          post.letGo();
          finish(value);
        };
      const pending: Pending = { call, resolve: settle(resolve), reject: settle(reject) };
      const onAbort = () => {
        pending.reject(abortError(call.signal));
        post.signal.abort();
        // The handshake cannot be canceled, says the specification.
        if (call.method !== "initialize") void this.#postAndForget(cancelText(String(id)));
      };
      this.#pending.set(id, pending);
      call.signal.addEventListener("abort", onAbort);
      const paramsText = call.paramsText === undefined ? undefined : hopParams(call.paramsText, id);
      void this.#ask(pending, requestText(String(id), call.method, paramsText), post.signal).finally(() => post.done());
    });
  }

  async #shakeHands(): Promise<InitializeResult> {
    const answer = await this.request({
      peer: undefined,
      era: "legacy",
      idText: "0",
      method: "initialize",
      paramsText: initializeParams(undefined),
      onNotification: undefined,
      onQuestion: undefined,
      signal: new CallSignal(),
    });
    const initialized = parseInitializeResult(this.#options.handle, JSON.parse(answer));
    const refusal = await this.wire.post(INITIALIZED);
    if (refusal !== undefined) throw refusal;
    return initialized;
  }

  /** What went wrong before it was connected repeats nothing when it is tried again. */
  #notConnected(thrown: unknown): AppError {
    const { handle } = this.#options;
    const error = connectionError(handle, thrown);
    return error.reason === "UPSTREAM_LOST" ? upstreamUnavailable(handle, this.wire.over ?? "its connection was lost", thrown) : error;
  }

  #lose(reason: string): void {
    for (const pending of [...this.#pending.values()]) pending.reject(upstreamLost(this.#options.handle, reason));
  }

  #receive(text: string): void {
    let message: Record<string, unknown> | null;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message !== "object" || message === null) return;
    if (typeof message.method !== "string") this.#receiveAnswer(text, message);
    else if (message.id === undefined) this.#receiveNotification(text, message.method, message.params);
    else this.#answerRequest(message.method, JSON.stringify(message.id));
  }

  #receiveAnswer(text: string, message: Record<string, unknown>): void {
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    const answer = "result" in message || "error" in message ? answerFor(pending.call, text) : undefined;
    if (answer === undefined) pending.reject(upstreamBroken(this.#options.handle, "an answer without a result"));
    else pending.resolve(answer);
  }

  #receiveNotification(text: string, method: string, params: unknown): void {
    const { events } = this.#options;
    if (isListChanged(method)) events.listChanged();
    const { uri } = (params ?? {}) as { uri?: unknown };
    if (method === "notifications/resources/updated" && typeof uri === "string") events.resourceUpdated(uri);
    // A stream that many share says nothing else that could be told to belong to one of them.
    if (method === "notifications/progress") this.#receiveProgress(text, params);
  }

  #receiveProgress(text: string, params: unknown): void {
    const token = (params as { progressToken?: unknown } | undefined)?.progressToken;
    const call = typeof token === "number" ? this.#pending.get(token)?.call : undefined;
    const notice = call && progressFor(call, text);
    if (notice !== undefined) call?.onNotification?.(notice);
  }

  /** No client capability was offered, so all a server may ask is whether we are there. */
  #answerRequest(method: string, idText: string): void {
    if (this.#answering >= MAX_ANSWERING) return;
    this.#answering += 1;
    const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
    void this.#postAndForget(method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal)).finally(() => {
      this.#answering -= 1;
    });
  }

  async #ask({ reject }: Pending, text: string, signal: CancelSignal): Promise<void> {
    try {
      const refusal = await this.wire.post(text, signal);
      if (refusal === undefined) return;
      reject(refusal);
      // The others wait for what will not come.
      if (refusal.code === "unavailable") this.wire.end("its session is over");
    } catch (thrown) {
      reject(connectionError(this.#options.handle, thrown));
    }
  }

  /** Posts a message that nobody waits for. Never rejects. */
  async #postAndForget(text: string): Promise<void> {
    await this.wire.post(text, AbortSignal.timeout(FORGOTTEN_MS)).catch(() => undefined);
  }
}

/** A post that may be under way when its answer has come on the stream: it is let go a while after that. */
class Post {
  readonly signal = new CallSignal();
  #done = false;
  #timer: Timer | undefined;

  letGo(): void {
    if (!this.#done) this.#timer ??= setTimeout(() => this.signal.abort(), FORGOTTEN_MS);
  }

  done(): void {
    this.#done = true;
    clearTimeout(this.#timer);
  }
}
