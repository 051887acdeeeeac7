import { AppError } from "../../../core/app-error.ts";
import type { CallSignal } from "../../../core/cancel-signal.ts";
import { answerFor, cancelText, hopParams, progressFor, requestText } from "../hop.ts";
import type { UpstreamCall } from "../upstream.ts";
import { abortError, upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";
import type { MessagePipe, Sent } from "./message-pipe.ts";

/** Takes what a server says beside its answers. */
export interface PipeListener {
  /** A notification that is no progress of a call. */
  onNotification(text: string, message: ServerMessage): void;
  /** A request of the server's own. */
  onRequest(text: string, message: ServerMessage): void;
}

export interface ServerMessage {
  readonly method: string;
  readonly params?: unknown;
}

export interface PipeCallsOptions {
  readonly handle: string;
  readonly maxInFlight: number;
  readonly listener: PipeListener;
}

/** A call that has no answer yet. */
export interface PendingCall {
  readonly call: UpstreamCall;
  /** Questions that were asked in the midst of it: they are over with it. */
  asked: CallSignal[] | undefined;
  sent: Sent | undefined;
}

interface Pending extends PendingCall {
  readonly resolve: (message: string) => void;
  readonly reject: (error: AppError) => void;
}

/** The handshake cannot be canceled, says the specification. */
const NOT_CANCELED = new Set(["initialize", "server/discover"]);

/**
 * The calls that are on their way over one pipe. All share it, so each gets an id and a progress token of this hop; the
 * caller's own are put back into what comes, and all else passes as it is.
 */
export class PipeCalls {
  readonly #options: PipeCallsOptions;
  readonly #pending = new Map<number, Pending>();
  #pipe: MessagePipe | undefined;
  #nextId = 1;
  #over: string | undefined;

  constructor(options: PipeCallsOptions) {
    this.#options = options;
  }

  /** What was sent before is lost with it; it is used for one pipe. */
  attach(pipe: MessagePipe): void {
    this.#pipe = pipe;
    void pipe.closed.then((reason) => this.#end(reason));
  }

  /** Why the pipe is over; undefined while it is not. */
  get over(): string | undefined {
    return this.#over;
  }

  *inFlight(): Generator<PendingCall> {
    yield* this.#pending.values();
  }

  /** The only call of a client's in flight; undefined where there is none, or more. */
  only(): PendingCall | undefined {
    const [first, second] = [...this.#pending.values()].filter(({ call }) => call.method !== "logging/setLevel");
    return second === undefined ? first : undefined;
  }

  write(message: string): Sent | undefined {
    return this.#over === undefined ? this.#pipe?.write(message) : undefined;
  }

  /** `onSent` hears the id of this hop. */
  request(call: UpstreamCall, onSent?: (id: number) => void): Promise<string> {
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
          if (pending.asked !== undefined) for (const question of pending.asked) question.abort();
          pending.sent?.letGo(call.signal.aborted ? "once" : "later");
          finish(value);
        };
      const pending: Pending = { call, asked: undefined, sent: undefined, resolve: settle(resolve), reject: settle(reject) };
      const onAbort = () => {
        pending.reject(abortError(call.signal));
        if (!NOT_CANCELED.has(call.method)) this.#forget(cancelText(String(id)));
      };
      this.#pending.set(id, pending);
      call.signal.addEventListener("abort", onAbort);
      onSent?.(id);
      const { method, paramsText } = call;
      const sent = this.write(requestText(String(id), method, paramsText === undefined ? undefined : hopParams(paramsText, id)));
      if (sent === undefined) return;
      pending.sent = sent;
      void sent.refused.then((error) => error !== undefined && pending.reject(error));
    });
  }

  /** Writes what nobody waits for. */
  #forget(message: string): void {
    this.write(message)?.letGo("later");
  }

  /** Takes one message of the server, and says whether it was the answer to a call. */
  take(text: string): boolean {
    let message: Record<string, unknown> | null;
    try {
      message = JSON.parse(text);
    } catch {
      // Some servers print a banner or a log on standard output; it is no message.
      return false;
    }
    if (typeof message !== "object" || message === null) return false;
    if (typeof message.method !== "string") return this.#takeAnswer(text, message);
    if (message.id !== undefined) this.#options.listener.onRequest(text, message as unknown as ServerMessage);
    else if (message.method === "notifications/progress") this.#takeProgress(text, message.params);
    else this.#options.listener.onNotification(text, message as unknown as ServerMessage);
    return false;
  }

  #takeAnswer(text: string, message: Readonly<Record<string, unknown>>): boolean {
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return false;
    const answer = "result" in message || "error" in message ? answerFor(pending.call, text) : undefined;
    if (answer === undefined) pending.reject(upstreamBroken(this.#options.handle, "an answer without a result"));
    else pending.resolve(answer);
    return true;
  }

  #takeProgress(text: string, params: unknown): void {
    const token = (params as { progressToken?: unknown } | undefined)?.progressToken;
    const call = typeof token === "number" ? this.#pending.get(token)?.call : undefined;
    const notice = call && progressFor(call, text);
    if (notice !== undefined) call?.onNotification?.(notice);
  }

  #end(reason: string): void {
    this.#over = reason;
    for (const pending of [...this.#pending.values()]) pending.reject(upstreamLost(this.#options.handle, reason));
  }
}
