import { connectLegacyPipe, type LegacyPipe } from "../pipe/legacy-pipe.ts";
import { READ_BUDGET, ReadBudget } from "../read-budget.ts";
import type { UpstreamEvents } from "../upstream.ts";
import type { Http1Client } from "./http1-client.ts";
import { openSse } from "./sse-pipe.ts";

export interface SseConnectionOptions {
  readonly handle: string;
  readonly url: URL;
  readonly open: (url: URL) => Http1Client;
  readonly events: UpstreamEvents;
  readonly initializeTimeoutMs: number;
  readonly maxInFlight: number;
  readonly maxEventBytes: number;
}

/** A stream of a server of the HTTP+SSE transport that has answered `initialize`, shared by all callers. */
export function connectSse({ open, maxEventBytes, url, ...options }: SseConnectionOptions, signal: AbortSignal): Promise<LegacyPipe> {
  const { handle } = options;
  const budget = new ReadBudget({ ...READ_BUDGET, monotonicNow: () => performance.now() });
  const opening = openSse({ handle, url, shown: (text) => text, maxEventBytes, budget, clientFor: open });
  return connectLegacyPipe({ ...options, open: opening, peer: undefined }, signal);
}
