import type { FeedEvent } from "../../api/feed-event.ts";
import type { ChangeFeed } from "../change/change-log.ts";

export interface WatchOptions {
  readonly feed: ChangeFeed;
  /** Who watches. */
  readonly gatewayId: string;
  readonly isEnrolled: () => Promise<boolean>;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs: number;
}

/** Chunks that wait for a reader, at most; a heartbeat is one too. */
const MAX_UNREAD = 1000;

/**
 * Changes as server-sent events. The first says the revision now; from there on there is one for each revision, without
 * a gap, and a comment as a heartbeat.
 *
 * It ends when the gateway is no longer enrolled, when the server stops, when the reader does not keep up, and when the
 * feed itself has missed a change: whoever watches begins again, reads everything anew and knows where it is.
 */
export function watchStream(options: WatchOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let watch: Watch | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watch = new Watch(options, {
          write: (text) => controller.enqueue(encoder.encode(text)),
          unread: () => -(controller.desiredSize ?? 0),
          close: () => controller.close(),
        });
        watch.open().catch(() => watch?.end("close"));
      },
      cancel: () => watch?.end("gone"),
    },
    { highWaterMark: 0 },
  );
}

interface Sink {
  readonly write: (text: string) => void;
  readonly unread: () => number;
  readonly close: () => void;
}

/** Opening (what comes waits in `#early`) → following (`#last` is the revision that was sent) → ended. */
class Watch {
  readonly #options: WatchOptions;
  readonly #sink: Sink;
  readonly #early: FeedEvent[] = [];
  readonly #releases: (() => void)[] = [];
  #last: number | undefined;
  #ended = false;

  constructor(options: WatchOptions, sink: Sink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Subscribes before it asks for the revision, so that nothing lies in between. */
  async open(): Promise<void> {
    const { feed, stopping, heartbeatMs, isEnrolled } = this.#options;
    const stop = () => this.end("close");
    if (stopping.aborted) return stop();
    stopping.addEventListener("abort", stop, { once: true });
    const timer = setInterval(() => this.#write(": alive\n\n"), heartbeatMs);
    this.#releases.push(
      () => stopping.removeEventListener("abort", stop),
      () => clearInterval(timer),
      feed.subscribe((event) => this.#hear(event)),
    );
    const revision = await feed.revision();
    if (!(await isEnrolled())) return stop();
    this.#send({ revision, touched: [] });
    for (const event of this.#early.splice(0)) this.#follow(event);
  }

  /** `gone`: the reader has left, and there is nothing to close. */
  end(how: "close" | "gone"): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const release of this.#releases.reverse()) release();
    if (how === "close") this.#sink.close();
  }

  #hear(event: FeedEvent): void {
    if (this.#last !== undefined) this.#follow(event);
    else if (this.#early.push(event) > MAX_UNREAD) this.end("close");
  }

  #follow(event: FeedEvent): void {
    if (this.#ended || this.#last === undefined || event.revision <= this.#last) return;
    const missed = event.revision !== this.#last + 1;
    if (!missed) this.#send(event);
    const own = event.touched.some(({ kind, ref }) => kind === "gateways" && ref === this.#options.gatewayId);
    if (missed || own) this.end("close");
  }

  #send(event: FeedEvent): void {
    this.#last = event.revision;
    this.#write(`data: ${JSON.stringify(event)}\n\n`);
  }

  #write(text: string): void {
    if (this.#ended) return;
    this.#sink.write(text);
    if (this.#sink.unread() >= MAX_UNREAD) this.end("close");
  }
}
