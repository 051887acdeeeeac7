import type { Logger } from "pino";
import type { AlertSender } from "./alert-sender.ts";
import type { HealReason } from "./decide-heal.ts";
import type { DriftFinder } from "./drift-of.ts";
import type { MonitorSettings } from "./monitor-settings.ts";
import type { Outbox } from "./outbox.ts";
import type { Timing } from "./timing.ts";

/** What the monitor needs from whoever carries out operations. */
export interface ServiceOperations {
  /** Whether an operation holds the service now. */
  busy(service: string): boolean;
  /** Whether the node is left as it is: everything is looked at and written down, nothing is put right and nobody alerted. */
  drained(): boolean;
  /**
   * Puts one component as it is desired, as an operation of its own: started or made anew where it should run, made anew where it does
   * not answer, stopped where it should not run. Resolves when that is over and it is so. Throws `conflict`/`SERVICE_BUSY`.
   */
  heal(service: string, component: string, reason: HealReason): Promise<void>;
}

/** What the parts of the monitor share. */
export interface WatchContext {
  readonly nodeName: string;
  readonly settings: MonitorSettings;
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  readonly outbox: Outbox;
  readonly alerts: AlertSender;
  readonly operations: ServiceOperations;
  readonly diffOf: DriftFinder;
  /** Left out where containers run in another pid namespace than the agent. */
  readonly isProcessAlive: ((pid: number) => boolean) | undefined;
  readonly log: Pick<Logger, "info" | "warn">;
}
