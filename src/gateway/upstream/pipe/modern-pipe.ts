import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { META } from "../../../mcp/eras/2026-07-28/meta-keys.ts";
import { gatewayParams, introduced, parseDiscoverResult } from "../discover.ts";
import type { Connection } from "../keep-connected.ts";
import type { ListenChannel } from "../modern-listen.ts";
import { type InitializeResult, isListChanged, type UpstreamCall, type UpstreamEvents } from "../upstream.ts";
import type { MessagePipe, OpenPipe } from "./message-pipe.ts";
import { PipeCalls, type PipeListener, type ServerMessage } from "./pipe-calls.ts";
import { shakeHands } from "./shake-hands.ts";

export interface ModernPipeOptions {
  readonly handle: string;
  readonly open: OpenPipe;
  readonly events: Pick<UpstreamEvents, "listChanged">;
  readonly discoverTimeoutMs: number;
  readonly maxInFlight: number;
}

/** A server at the other end of a pipe that speaks revision 2026-07-28: each request stands for itself, whoever sends it. */
export interface ModernPipe extends Connection, ListenChannel {
  /** What it says of itself, in the form of `initialize`. */
  readonly initialized: InitializeResult;
  request(call: UpstreamCall): Promise<string>;
}

/** Opens a pipe and asks what is at the other end. Throws what `shakeHands` throws, and `internal`/`UPSTREAM_BROKEN`. */
export async function connectModernPipe(options: ModernPipeOptions, signal: AbortSignal): Promise<ModernPipe> {
  const { handle, open, events, maxInFlight, discoverTimeoutMs: timeoutMs } = options;
  const listener = new ModernListener(events);
  const calls = new PipeCalls({ handle, maxInFlight, listener });
  listener.calls = calls;
  const shaking = { handle, open, calls, era: "modern", method: "server/discover", paramsText: gatewayParams(), timeoutMs } as const;
  const { pipe, answer } = await shakeHands(shaking, signal);
  try {
    return new ModernLife(pipe, calls, listener, parseDiscoverResult(handle, JSON.parse(answer), pipe.shown));
  } catch (thrown) {
    await pipe.stop();
    throw thrown;
  }
}

type OnMessage = (message: Readonly<Record<string, unknown>>) => void;

class ModernLife implements ModernPipe {
  readonly initialized: InitializeResult;
  readonly closed: Promise<string>;
  readonly #pipe: MessagePipe;
  readonly #calls: PipeCalls;
  readonly #listener: ModernListener;

  constructor(pipe: MessagePipe, calls: PipeCalls, listener: ModernListener, discovered: InitializeResult) {
    this.initialized = discovered;
    this.closed = pipe.closed;
    this.#pipe = pipe;
    this.#calls = calls;
    this.#listener = listener;
  }

  request(call: UpstreamCall): Promise<string> {
    return this.#calls.request(call.peer === undefined ? introduced(call) : call);
  }

  async listen(paramsText: string, onMessage: OnMessage, signal: AbortSignal): Promise<string | undefined> {
    const ended = Promise.withResolvers<string>();
    const over = new AbortController();
    let subscription: number | undefined;
    const call = { peer: undefined, era: "modern", idText: "0", method: "subscriptions/listen", paramsText } as const;
    const asking = this.#calls.request(
      { ...call, signal: AbortSignal.any([signal, over.signal]), onNotification: undefined, onQuestion: undefined },
      (id) => {
        subscription = id;
        this.#listener.subscriptions.set(id, { onMessage, end: () => ended.resolve("{}") });
      },
    );
    try {
      const { error } = JSON.parse(await Promise.race([asking, ended.promise])) as { error?: unknown };
      return error === undefined ? undefined : JSON.stringify(error);
    } finally {
      asking.catch(() => {});
      over.abort();
      if (subscription !== undefined) this.#listener.subscriptions.delete(subscription);
    }
  }

  close(): Promise<void> {
    return this.#pipe.stop();
  }
}

class ModernListener implements PipeListener {
  /** By the id of the request that opened it. */
  readonly subscriptions = new Map<number, { readonly onMessage: OnMessage; readonly end: () => void }>();
  readonly #events: Pick<UpstreamEvents, "listChanged">;
  calls: PipeCalls | undefined;

  constructor(events: Pick<UpstreamEvents, "listChanged">) {
    this.#events = events;
  }

  onNotification(text: string, message: ServerMessage): void {
    const { method } = message;
    const params = isJsonObject(message.params) ? message.params : {};
    const subscription = subscriptionOf(params);
    if (subscription !== undefined) this.subscriptions.get(subscription)?.onMessage({ ...message });
    else if (method === "notifications/cancelled" && typeof params.requestId === "number") this.subscriptions.get(params.requestId)?.end();
    else if (isListChanged(method)) this.#events.listChanged();
    else if (method === "notifications/message") this.#logger()?.(text);
  }

  /** Servers of this era ask by their answers; a request of theirs is nothing that could be answered. */
  onRequest(): void {}

  /** A log message does not say whose it is: it is told where one call alone has asked for any. */
  #logger(): UpstreamCall["onNotification"] {
    const asking = [...(this.calls?.inFlight() ?? [])].filter(({ call }) => call.paramsText?.includes(META.logLevel) === true);
    return asking.length === 1 ? asking[0]?.call.onNotification : undefined;
  }
}

function subscriptionOf({ _meta }: Readonly<Record<string, unknown>>): number | undefined {
  const id = isJsonObject(_meta) ? _meta[META.subscriptionId] : undefined;
  return typeof id === "number" ? id : undefined;
}
