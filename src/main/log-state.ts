import type { Logger } from "pino";
import type { StateChange } from "../gateway/resilience/server-watch.ts";

/** Takes the changes of servers' states: a warning where calls to one may fail from now on. */
export function logState(log: Logger): (change: StateChange) => void {
  return ({ handle, state, reason, before }) =>
    log[state === "failed" || state === "degraded" ? "warn" : "info"]({ server: handle, reason, before }, `server is ${state}`);
}
