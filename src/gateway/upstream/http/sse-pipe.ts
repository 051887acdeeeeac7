import { CallSignal } from "../../../core/cancel-signal.ts";
import type { MessagePipe, Sent } from "../pipe/message-pipe.ts";
import { abortError, upstreamUnavailable } from "../upstream-errors.ts";
import { connectionError } from "./http-exchange.ts";
import type { OpenSse, SsePlace } from "./sse-place.ts";
import { SseWire } from "./sse-wire.ts";

/** A message that nobody waits for holds its connection no longer than this. */
const FORGOTTEN_MS = 10_000;

/**
 * Opens the stream of a server of the HTTP+SSE transport (revision 2024-11-05), and posts where that says. Rejects with
 * `unavailable` where it is away or its stream ends before, with `internal`/`UPSTREAM_BROKEN` where it is no such server.
 */
export const openSse: OpenSse = (place) => async (onMessage, signal) => {
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  const { handle, url, maxEventBytes, budget, clientFor: open } = place;
  const wire = new SseWire({ handle, url, open, maxEventBytes, budget, onMessage, onOver: resolve });
  const onAbort = () => wire.end(abortError(signal).message);
  signal.addEventListener("abort", onAbort);
  try {
    if (signal.aborted) throw abortError(signal);
    await wire.connect();
    return pipeOver(place, wire, closed);
  } catch (thrown) {
    wire.end("it did not connect");
    throw notOpened(place, wire, thrown);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};

/** What went wrong before it was open repeats nothing when it is tried again. */
function notOpened({ handle }: SsePlace, wire: SseWire, thrown: unknown) {
  const error = connectionError(handle, thrown);
  return error.reason === "UPSTREAM_LOST" ? upstreamUnavailable(handle, wire.over ?? "its connection was lost", thrown) : error;
}

function pipeOver({ handle, shown }: SsePlace, wire: SseWire, closed: Promise<string>): MessagePipe {
  const post = async (message: string, signal: CallSignal) => {
    try {
      const refusal = await wire.post(message, signal);
      // The others wait for what will not come; this one hears first why.
      if (refusal?.code === "unavailable") setImmediate(() => wire.end("its session is over"));
      return refusal;
    } catch (thrown) {
      return connectionError(handle, thrown);
    }
  };
  return {
    closed,
    shown,
    write: (message) => new Post((signal) => post(message, signal)),
    stop: async () => wire.end("it is stopped"),
  };
}

/** A message on its way: it may be under way still when its answer has come on the stream, and is let go a while after that. */
class Post implements Sent {
  readonly refused: Promise<Awaited<Sent["refused"]>>;
  readonly #signal = new CallSignal();
  #done = false;
  #timer: Timer | undefined;

  constructor(post: (signal: CallSignal) => Sent["refused"]) {
    this.refused = post(this.#signal).finally(() => {
      this.#done = true;
      clearTimeout(this.#timer);
    });
  }

  letGo(at: "once" | "later"): void {
    if (this.#done) return;
    if (at === "once") this.#signal.abort();
    else this.#timer ??= setTimeout(() => this.#signal.abort(), FORGOTTEN_MS);
  }
}
