import { AppError } from "../../../core/app-error.ts";
import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { answerFor, cancelText, hopParams, progressFor, requestText } from "../hop.ts";
import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Connection } from "../keep-connected.ts";
import { type InitializeResult, isListChanged, type UpstreamCall, type UpstreamEvents } from "../upstream.ts";
import { abortError, upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";
import type { StdioChild, StdioChildOptions } from "./stdio-child.ts";

export interface StdioConnectionOptions {
  readonly handle: string;
  /** Starts the process with this handler of its lines. */
  readonly start: (onLine: StdioChildOptions["onLine"]) => StdioChild;
  readonly events: UpstreamEvents;
  readonly initializeTimeoutMs: number;
  readonly maxInFlight: number;
}

/** A process that has answered `initialize`, shared by all callers. */
export interface StdioConnection extends Connection {
  request(call: UpstreamCall): Promise<string>;
}

interface Pending {
  readonly call: UpstreamCall;
  readonly resolve: (message: string) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Starts a process and shakes hands with it. Throws `unavailable` where it does not start, ends, or stays silent.
 *
 * Many callers share its one pipe, so each request gets an id and a progress token of this hop;
 * the caller's own are put back into what comes, and all else passes as it is.
 */
export async function connectStdio(options: StdioConnectionOptions, signal: AbortSignal): Promise<StdioConnection> {
  const mux = new Mux(options);
  try {
    const initialized = await mux.initialize(signal);
    return {
      initialized,
      closed: mux.child.exited,
      close: () => mux.child.stop(),
      request: (call) => mux.request(call),
    };
  } catch (thrown) {
    await mux.child.stop();
    throw thrown;
  }
}

class Mux {
  readonly child: StdioChild;
  readonly #options: StdioConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #over: string | undefined;

  constructor(options: StdioConnectionOptions) {
    this.#options = options;
    this.child = this.#start();
    void this.child.exited.then((reason) => this.#end(reason));
  }

  async initialize(signal: AbortSignal): Promise<InitializeResult> {
    const { handle, initializeTimeoutMs } = this.#options;
    const deadline = new AbortController();
    const seconds = Math.round(initializeTimeoutMs / 1000);
    const expire = () => deadline.abort(upstreamUnavailable(handle, `it did not answer initialize within ${seconds} s`));
    const timer = setTimeout(expire, initializeTimeoutMs);
    try {
      const message = await this.request({
        peer: undefined,
        era: "legacy",
        idText: "0",
        method: "initialize",
        paramsText: initializeParams(undefined),
        onNotification: undefined,
        onQuestion: undefined,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const initialized = parseInitializeResult(handle, JSON.parse(message));
      this.child.write('{"jsonrpc":"2.0","method":"notifications/initialized"}');
      return initialized;
    } catch (thrown) {
      if (this.#over !== undefined) throw upstreamUnavailable(handle, this.#over);
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  request(call: UpstreamCall): Promise<string> {
    const { handle, maxInFlight } = this.#options;
    if (call.signal.aborted) return Promise.reject(abortError(call.signal));
    if (this.#over !== undefined) return Promise.reject(upstreamUnavailable(handle, this.#over));
    if (this.#pending.size >= maxInFlight) {
      return Promise.reject(new AppError("exhausted", "UPSTREAM_BUSY", `Server ${handle} has ${maxInFlight} calls in flight already`));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          call.signal.removeEventListener("abort", onAbort);
          this.#pending.delete(id);
          finish(value);
        };
      const pending: Pending = { call, resolve: settle(resolve), reject: settle(reject) };
      const onAbort = () => {
        pending.reject(abortError(call.signal));
        // The handshake cannot be canceled, says the specification.
        if (call.method !== "initialize") this.child.write(cancelText(String(id)));
      };
      this.#pending.set(id, pending);
      call.signal.addEventListener("abort", onAbort);
      this.child.write(requestLine(id, call));
    });
  }

  #start(): StdioChild {
    try {
      return this.#options.start((line) => this.#receive(line));
    } catch (cause) {
      throw upstreamUnavailable(this.#options.handle, "its command could not be started", cause);
    }
  }

  #end(reason: string): void {
    this.#over = reason;
    for (const pending of [...this.#pending.values()]) pending.reject(upstreamLost(this.#options.handle, reason));
  }

  #receive(line: string): void {
    let message: Record<string, unknown> | null;
    try {
      message = JSON.parse(line);
    } catch {
      // Some servers print a banner or a log on standard output; it is no message.
      return;
    }
    if (typeof message !== "object" || message === null) return;
    if (typeof message.method !== "string") this.#receiveAnswer(line, message);
    else if (message.id === undefined) this.#receiveNotification(line, message.method, message.params);
    else this.#answerRequest(message.method, JSON.stringify(message.id));
  }

  #receiveAnswer(line: string, message: Record<string, unknown>): void {
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    const answer = "result" in message || "error" in message ? answerFor(pending.call, line) : undefined;
    if (answer === undefined) pending.reject(upstreamBroken(this.#options.handle, "an answer without a result"));
    else pending.resolve(answer);
  }

  #receiveNotification(line: string, method: string, params: unknown): void {
    if (isListChanged(method)) this.#options.events.listChanged();
    // A process that many share says nothing else that could be told to belong to one of them.
    if (method === "notifications/progress") this.#receiveProgress(line, params);
  }

  #receiveProgress(line: string, params: unknown): void {
    const token = (params as { progressToken?: unknown } | undefined)?.progressToken;
    const call = typeof token === "number" ? this.#pending.get(token)?.call : undefined;
    const notice = call && progressFor(call, line);
    if (notice !== undefined) call?.onNotification?.(notice);
  }

  /** No client capability was offered, so all a server may ask is whether we are there. */
  #answerRequest(method: string, idText: string): void {
    const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
    this.child.write(method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal));
  }
}

/** A message is one line; valid JSON has line ends between its values only. */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replaceAll(/[\r\n]/g, " ") : json;
}

function requestLine(id: number, { method, paramsText }: UpstreamCall): string {
  return requestText(String(id), method, paramsText === undefined ? undefined : oneLine(hopParams(paramsText, id)));
}
