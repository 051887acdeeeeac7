import type { Logger } from "pino";
import type { AppError } from "../core/app-error.ts";

/** Writes a gateway's failures down: our own as errors, others' for who looks closer. */
export function logFailure(log: Logger): (error: AppError) => void {
  return (error) => log[error.code === "internal" ? "error" : "info"]({ err: error.cause ?? error, reason: error.reason }, error.message);
}
