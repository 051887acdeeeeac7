import type { BackoffPolicy } from "../../../core/backoff.ts";

export interface PipeLimits {
  readonly initializeTimeoutMs: number;
  /** How long a server may be silent when it is asked for its era; after that it is a legacy one. */
  readonly probeTimeoutMs: number;
  readonly maxInFlight: number;
  readonly restart: BackoffPolicy;
  /** A life this long, in ms, starts the back-off anew. */
  readonly stableAfterMs: number;
  /** Clients that may have a pipe of their own at the same time. */
  readonly maxPeers: number;
}
