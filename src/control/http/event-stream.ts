import type { EventBuffer } from "../audit/event-buffer.ts";

export interface EventStreamOptions<T> {
  /** Sent before anything else. */
  readonly first?: readonly T[];
  readonly buffer: EventBuffer<T>;
  /** Ends what fills the buffer. */
  readonly unsubscribe: () => void;
  /** Stands in place of so many events that a slow reader has missed. */
  readonly skippedEvent: (skipped: number) => T;
  /** Whether the credential that opened the stream still opens it. Asked with each heartbeat. */
  readonly stillAllowed: () => Promise<boolean>;
  /** Aborted when there will be no more: what waits is still sent. */
  readonly over?: AbortSignal;
  readonly request: Request;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number | undefined;
}

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
};

/** How often a stream says that it is alive and asks whether it still may be. */
const HEARTBEAT_MS = 15_000;

/** Events as server-sent events, until the reader goes, the server stops or the credential opens them no longer. */
export function eventStream<T>(options: EventStreamOptions<T>): Response {
  const { first = [], buffer, skippedEvent, stillAllowed, over, heartbeatMs = HEARTBEAT_MS } = options;
  const gone = new AbortController();
  const end = AbortSignal.any([options.request.signal, options.stopping, gone.signal]);
  const wake = over === undefined ? end : AbortSignal.any([end, over]);
  end.addEventListener("abort", options.unsubscribe, { once: true });
  if (end.aborted) options.unsubscribe();
  let checkedAt = performance.now();
  let canceled = false;

  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      // The reader sees the answer's head at once.
      controller.enqueue(bytesOf(`: open\n\n${first.map(eventText).join("")}`));
    },
    async pull(controller) {
      const { events, skipped } = await buffer.take(heartbeatMs, wake);
      if (performance.now() - checkedAt >= heartbeatMs) {
        checkedAt = performance.now();
        if (!(await stillAllowed())) gone.abort();
      }
      const told = skipped === 0 ? events : [...events, skippedEvent(skipped)];
      const isLast = over?.aborted === true && told.length === 0;
      if (end.aborted || isLast) {
        // A stream that its reader has canceled is closed already.
        if (!canceled) controller.close();
        return;
      }
      controller.enqueue(bytesOf(told.map(eventText).join("") || ": alive\n\n"));
    },
    cancel() {
      canceled = true;
      gone.abort();
    },
  });
  return new Response(stream, { headers: HEADERS });
}

function eventText(event: unknown): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
