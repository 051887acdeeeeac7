import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { initializeParams, parseInitializeResult } from "../initialize-request.ts";
import type { Connection } from "../keep-connected.ts";
import type { LegacyCall } from "../legacy-call.ts";
import { mayAsk } from "../may-ask.ts";
import { type Asker, canceledIdText, OpenQuestions, serverRequest } from "../open-questions.ts";
import type { Peer } from "../peer.ts";
import { type InitializeResult, isListChanged, type UpstreamEvents } from "../upstream.ts";
import type { MessagePipe, OpenPipe } from "./message-pipe.ts";
import { type PendingCall, PipeCalls, type PipeListener, type ServerMessage } from "./pipe-calls.ts";
import { shakeHands } from "./shake-hands.ts";

export interface LegacyPipeOptions {
  readonly handle: string;
  readonly open: OpenPipe;
  /** Whose the pipe is; undefined: all share it, and nobody can be asked. */
  readonly peer: Peer | undefined;
  readonly events: UpstreamEvents;
  readonly initializeTimeoutMs: number;
  readonly maxInFlight: number;
}

/** A server at the other end of a pipe that has answered `initialize`. */
export interface LegacyPipe extends Connection {
  readonly initialized: InitializeResult;
  request(call: LegacyCall): Promise<string>;
  /** Passes on a notification of the client. */
  notify(message: string): void;
}

/** Opens a pipe and shakes hands in a legacy revision: as this client, or as the gateway itself. Throws what `shakeHands` throws. */
export async function connectLegacyPipe(options: LegacyPipeOptions, signal: AbortSignal): Promise<LegacyPipe> {
  const { handle, open, peer, events, maxInFlight, initializeTimeoutMs: timeoutMs } = options;
  const listener = peer === undefined ? new SharedListener(events) : new PeerListener(peer, events);
  const calls = new PipeCalls({ handle, maxInFlight, listener });
  listener.calls = calls;
  const paramsText = initializeParams(peer);
  const { pipe, answer } = await shakeHands({ handle, open, calls, era: "legacy", method: "initialize", paramsText, timeoutMs }, signal);
  try {
    const initialized = parseInitializeResult(handle, JSON.parse(answer));
    void pipe.closed.then(() => listener.end());
    calls.write('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return new LegacyLife(pipe, calls, initialized, peer);
  } catch (thrown) {
    await pipe.stop();
    throw thrown;
  }
}

class LegacyLife implements LegacyPipe {
  readonly initialized: InitializeResult;
  readonly closed: Promise<string>;
  readonly #pipe: MessagePipe;
  readonly #calls: PipeCalls;
  /** The levels of one client's log can be set; those of a shared server are nobody's to set. */
  readonly #levels: boolean;
  #level: string | undefined;

  constructor(pipe: MessagePipe, calls: PipeCalls, initialized: InitializeResult, peer: Peer | undefined) {
    this.initialized = initialized;
    this.closed = pipe.closed;
    this.#pipe = pipe;
    this.#calls = calls;
    this.#levels = peer !== undefined && "logging" in initialized.capabilities;
  }

  request(call: LegacyCall): Promise<string> {
    const level = call.logLevel ?? call.peer?.logLevel;
    if (level !== undefined && level !== this.#level && this.#levels) {
      // Written before the call, it is read before the call; nobody waits for the answer.
      if (call.method !== "logging/setLevel") this.#setLevel(call, level);
      this.#level = level;
    }
    return this.#calls.request(call);
  }

  notify(message: string): void {
    this.#calls.write(message);
  }

  close(): Promise<void> {
    return this.#pipe.stop();
  }

  #setLevel(call: LegacyCall, level: string): void {
    const setting = { ...call, method: "logging/setLevel", paramsText: JSON.stringify({ level }), onNotification: undefined };
    this.#calls.request(setting).catch(() => {
      this.#level = undefined;
    });
  }
}

/** A server that all callers share says nothing that could be told to belong to one of them. */
class SharedListener implements PipeListener {
  readonly #events: UpstreamEvents;
  calls: PipeCalls | undefined;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  onNotification(_: string, { method, params }: ServerMessage): void {
    if (isListChanged(method)) this.#events.listChanged();
    const uri = (params as { uri?: unknown } | undefined)?.uri;
    if (method === "notifications/resources/updated" && typeof uri === "string") this.#events.resourceUpdated(uri);
  }

  onRequest(text: string, { method }: ServerMessage): void {
    refuse(this.calls, text, method);
  }

  end(): void {}
}

/** A server of one client may ask it, log to it and tell it what it likes: in its one call in flight, else outside of any. */
class PeerListener implements PipeListener {
  readonly #peer: Peer;
  readonly #events: UpstreamEvents;
  readonly #questions = new OpenQuestions();
  calls: PipeCalls | undefined;

  constructor(peer: Peer, events: UpstreamEvents) {
    this.#peer = peer;
    this.#events = events;
  }

  onNotification(text: string, { method }: ServerMessage): void {
    const only = this.calls?.only()?.call.onNotification;
    if (isListChanged(method)) this.#events.listChanged();
    // It can be about nothing but a question of the server's own, which the client knows under another id.
    else if (method === "notifications/cancelled") this.#questions.cancel(canceledIdText(text));
    else if (only !== undefined) only(text);
    else this.#events.notified(this.#peer, text);
  }

  onRequest(text: string, { method }: ServerMessage): void {
    if (method === "ping" || !mayAsk(this.#peer.capabilities, method)) {
      refuse(this.calls, text, method);
      return;
    }
    const only = this.calls?.only();
    const question = this.#questions.ask(serverRequest(text, method), this.#asker(only), (reply) => this.calls?.write(reply));
    // A question in the midst of a call is over with it.
    if (only?.call.onQuestion !== undefined && question !== undefined) only.asked = [...(only.asked ?? []), question];
  }

  /** The server is gone: nobody waits for any reply. */
  end(): void {
    this.#questions.end();
  }

  #asker(only: PendingCall | undefined): Asker {
    return only?.call.onQuestion ?? ((question) => this.#events.asked(this.#peer, question));
  }
}

/** What was not offered cannot be asked, save whether we are there. */
function refuse(calls: PipeCalls | undefined, text: string, method: string): void {
  const { idText } = serverRequest(text, method);
  const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
  calls?.write(method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal));
}
