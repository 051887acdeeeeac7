import type { ApiClient } from "../../../api/api-client.ts";
import { ENDPOINTS } from "../../../api/endpoints/endpoints.ts";
import { type AppError, toAppError } from "../../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../../core/backoff.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import type { ControlEvent } from "../../control-plane.ts";

export interface WatchFeedOptions {
  readonly client: ApiClient;
  readonly retry: BackoffPolicy;
  /**
   * A stream that says nothing for so long is opened anew, in ms: its other side may be gone without a word, and
   * opening one costs nothing where the revision is the same.
   */
  readonly quietMs: number;
  readonly onFailure: (error: AppError) => void;
}

/** Watches mcpd's feed of changes until `signal` is aborted; a stream that breaks is opened again. Never rejects. */
export async function watchFeed(options: WatchFeedOptions, listener: (event: ControlEvent) => void, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    await waitOrAbort(backoffMs(options.retry, attempt, Math.random()), signal);
    const ending = await readStream(options, listener, signal);
    if (ending !== "unopened") attempt = 0;
    if (signal.aborted || ending === "quiet") continue;
    listener({ kind: "lost" });
  }
}

/** Reads one stream to its end. The first event says which revision it begins at. */
async function readStream(
  { client, quietMs, onFailure }: WatchFeedOptions,
  listener: (event: ControlEvent) => void,
  signal: AbortSignal,
): Promise<"unopened" | "quiet" | "ended"> {
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), quietMs);
  let opened = false;
  try {
    const events = client.stream(ENDPOINTS.gatewayPlane.watch, { signal: AbortSignal.any([signal, quiet.signal]) });
    for await (const event of events) {
      if (signal.aborted) break;
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), quietMs);
      listener(opened ? { kind: "changed", event } : { kind: "connected", revision: event.revision });
      opened = true;
    }
  } catch (thrown) {
    if (!signal.aborted && !quiet.signal.aborted) onFailure(toAppError(thrown));
  } finally {
    clearTimeout(timer);
  }
  if (!opened) return "unopened";
  return quiet.signal.aborted ? "quiet" : "ended";
}
