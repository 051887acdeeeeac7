import type { BridgeLimits } from "./bridge-limits.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Exchange } from "./in-flight.ts";

/** What the two ways to the server, one for each era, need of the bridge. */
export interface LaneDeps {
  readonly endpoint: Endpoint;
  readonly limits: BridgeLimits;
  /** Takes what the server says; with the line of the client that it came as a reply to, where it did. Never rejects. */
  readonly deliver: (text: string, exchange?: Exchange) => Promise<void>;
  /** Hears of what failed and has nobody to be answered. */
  readonly onFailure: (what: string, thrown: unknown) => void;
  readonly log: (line: string) => void;
}
