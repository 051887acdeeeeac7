import type { Logger } from "pino";
import { toAppError } from "../core/app-error.ts";

/** Writes a gateway's failures down: our own as errors, others' for who looks closer. */
export function logFailure(log: Logger): (thrown: unknown) => void {
  return (thrown) => {
    const error = toAppError(thrown);
    log[error.code === "internal" ? "error" : "info"]({ err: error.cause ?? error, reason: error.reason }, error.message);
  };
}
