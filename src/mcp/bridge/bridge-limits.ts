import type { BackoffPolicy } from "../../core/backoff.ts";
import type { InFlightLimits } from "./in-flight.ts";

export interface BridgeLimits extends InFlightLimits {
  /** Longest line of the client, and largest message of the server. */
  readonly maxMessageBytes: number;
  /** A request whose server is silent for so long is answered with an error. */
  readonly silenceMs: number;
  /** How long the delivery of a message that has no answer is waited for. */
  readonly deliverMs: number;
  /** How long answers are waited for when the client has closed its end. */
  readonly drainMs: number;
  /** How long the end of a session may take. */
  readonly closeMs: number;
  /** Between two tries to come back to a stream where the server does not say. */
  readonly reconnect: BackoffPolicy;
  /** Tries to come back to the stream of a request without anything new. */
  readonly maxResumes: number;
}

export const BRIDGE_LIMITS: BridgeLimits = {
  maxMessageBytes: 64 * 1024 * 1024,
  maxInFlight: 1024,
  maxInFlightUnits: 256 * 1024 * 1024,
  // Above the time that the gateway gives a call.
  silenceMs: 600_000,
  deliverMs: 10_000,
  drainMs: 30_000,
  closeMs: 1000,
  reconnect: { firstMs: 500, maxMs: 30_000 },
  maxResumes: 8,
};
