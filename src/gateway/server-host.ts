import type { ServerCatalog } from "./catalog/server-catalog.ts";
import type { GuardedUpstream } from "./resilience/guarded-upstream.ts";
import type { CallsInFlight } from "./serving/calls-in-flight.ts";
import type { ServerToRun } from "./serving/server-to-run.ts";
import type { SubscriptionTable } from "./subscription/subscription-table.ts";

/** A server as this gateway holds it: its connection, what it offers, the calls that are on their way to it and who hears of its resources. */
export interface ServerHost {
  readonly handle: string;
  /** A later one takes its place where that changes nothing of the connection. */
  definition: ServerToRun;
  readonly upstream: GuardedUpstream;
  readonly catalog: ServerCatalog;
  readonly calls: CallsInFlight;
  readonly subscriptions: SubscriptionTable;
}
