import type { ObservedState } from "../registry/registry.ts";
import type { Seen } from "./observation-of.ts";

/** A change of a component between two looks. */
export interface Transition {
  readonly from: ObservedState;
  readonly to: ObservedState;
  readonly message: string;
  /** Whether it stopped running in between, by itself or by a foreign hand; more than a few of these are flapping. */
  readonly isExit: boolean;
}

type Known = Pick<Seen, "observed" | "containerId" | "startedAt">;

/** What happened from one look to the next; undefined: nothing. One that was started in between has exited once besides. */
export function transitionOf(before: Known, now: Seen): Transition | undefined {
  if (before.observed !== now.observed) {
    const isExit = before.observed === "running" && (now.observed === "exited" || now.observed === "removed");
    return { from: before.observed, to: now.observed, message: messageOf(now), isExit };
  }
  if (isSameRun(before, now)) return undefined;
  if (now.observed === "running") return { from: "running", to: "running", message: "it was started anew", isExit: true };
  if (now.observed !== "exited") return undefined;
  return { from: "exited", to: "exited", message: `it was started, and again ${now.reason}`, isExit: true };
}

function messageOf({ observed, reason }: Seen): string {
  if (observed === "running") return reason === "" ? "it runs" : `it runs, but ${reason}`;
  return reason;
}

/** Drivers round what an engine tells to the nanosecond. */
const ROUNDING_MS = 5;

function isSameRun(before: Known, now: Known): boolean {
  if (before.containerId !== undefined && before.containerId !== now.containerId) return false;
  if (before.startedAt === undefined || now.startedAt === undefined) return true;
  return Math.abs(before.startedAt.getTime() - now.startedAt.getTime()) <= ROUNDING_MS;
}
