import type { AppError } from "../../core/app-error.ts";

/**
 * Whether a call that failed says something of the server: its connection broke, it broke the protocol, or it took too
 * long. What it answers, errors included, never does; nor does a client that went away, or a limit of ours.
 *
 * Where the connection was not there, the one who keeps it knows that already and tries at its own pace.
 */
export function isServerFailure({ code, reason }: AppError, wasReady: boolean): boolean {
  if (reason === "UPSTREAM_LOST" || code === "internal") return true;
  return wasReady && (code === "deadline" || code === "unavailable");
}
