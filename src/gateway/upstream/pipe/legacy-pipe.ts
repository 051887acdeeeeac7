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
    const initialized = parseInitializeResult(handle, JSON.parse(answer), pipe.shown);
    void pipe.closed.then(() => listener.end());
    const refusal = await calls.write('{"jsonrpc":"2.0","method":"notifications/initialized"}')?.refused;
    if (refusal !== undefined) throw refusal;
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
    if (level === undefined || level === this.#level || !this.#levels) return this.#calls.request(call);
    this.#level = level;
    return call.method === "logging/setLevel" ? this.#calls.request(call) : this.#requestWithLevel(call, level);
  }

  notify(message: string): void {
    this.#calls.write(message)?.letGo("later");
  }

  close(): Promise<void> {
    return this.#pipe.stop();
  }

  /** Tells the server first which log messages its client wants from now on. */
  async #requestWithLevel(call: LegacyCall, level: string): Promise<string> {
    const setting = { ...call, method: "logging/setLevel", paramsText: JSON.stringify({ level }), onNotification: undefined };
    try {
      await this.#calls.request(setting);
    } catch (thrown) {
      this.#level = undefined;
      throw thrown;
    }
    return this.#calls.request(call);
  }
}

/** A server that all callers share says nothing that could be told to belong to one of them. */
class SharedListener implements PipeListener {
  readonly #events: UpstreamEvents;
  readonly #refusals = new Refusals();
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
    this.#refusals.answer(this.calls, text, method);
  }

  end(): void {}
}

/** A server of one client may ask it, log to it and tell it what it likes: in its one call in flight, else outside of any. */
class PeerListener implements PipeListener {
  readonly #peer: Peer;
  readonly #events: UpstreamEvents;
  readonly #questions = new OpenQuestions();
  readonly #refusals = new Refusals();
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
      this.#refusals.answer(this.calls, text, method);
      return;
    }
    const only = this.calls?.only();
    const send = (reply: string) => this.calls?.write(reply)?.letGo("later");
    const question = this.#questions.ask(serverRequest(text, method), this.#asker(only), send);
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

/** A server that asks faster than it takes the refusals gets none for the rest. */
const MAX_ANSWERING = 16;

/** What was not offered cannot be asked, save whether we are there. */
class Refusals {
  #answering = 0;

  answer(calls: PipeCalls | undefined, text: string, method: string): void {
    if (this.#answering >= MAX_ANSWERING) return;
    const { idText } = serverRequest(text, method);
    const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
    const sent = calls?.write(method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal));
    if (sent === undefined) return;
    this.#answering += 1;
    sent.letGo("later");
    void sent.refused.then(() => {
      this.#answering -= 1;
    });
  }
}
