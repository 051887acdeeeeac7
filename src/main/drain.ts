import { waitOrAbort } from "../core/cancelable-wait.ts";
import { withinMs } from "./within-ms.ts";

/** What is waited for. */
export interface Pending {
  /** Requests whose answers have not left yet, streams among them. */
  readonly pendingRequests: number;
}

/** A listener, as far as its end is concerned. */
export interface Listener extends Pending {
  stop(force: boolean): Promise<void>;
}

export interface DrainOptions {
  /** How long calls in flight may take. */
  readonly limitMs: number;
  /** Aborted when nobody wants to wait any more. */
  readonly cutShort: AbortSignal;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** Hears once how many there are to wait for; not where there are none. */
  readonly onWait: (pending: number) => void;
}

const LOOK_MS = 20;
/** How long what was refused or canceled at the end may take to leave. */
const LAST_ANSWERS_MS = 1500;

/** Waits until nothing is in flight at these, which go on meanwhile: whoever comes new is told to go elsewhere. */
export async function untilIdle(all: readonly Pending[], options: DrainOptions): Promise<void> {
  const { limitMs, cutShort, monotonicNow, onWait } = options;
  const until = monotonicNow() + limitMs;
  const pending = () => all.reduce((sum, { pendingRequests }) => sum + pendingRequests, 0);
  if (pending() > 0 && limitMs > 0) onWait(pending());
  while (pending() > 0 && monotonicNow() < until && !cutShort.aborted) await waitOrAbort(LOOK_MS, cutShort);
}

/** Calls that wait for their client to come back have no request in flight: for what is left of the time, it may. */
export function parkedAt(gateway: { parkedCalls(): number } | undefined): Pending {
  return {
    get pendingRequests() {
      return gateway?.parkedCalls() ?? 0;
    },
  };
}

/** Takes no new connections, and gives the last answers a moment to leave. */
export async function closeListeners(listeners: readonly Listener[]): Promise<void> {
  await withinMs(
    LAST_ANSWERS_MS,
    Promise.all(listeners.map((listener) => listener.stop(false))).then(() => {}),
  );
}
