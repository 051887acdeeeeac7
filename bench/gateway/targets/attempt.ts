import { toAppError } from "../../../src/core/app-error.ts";
import type { NotMeasured } from "./target.ts";

/** Runs a step for one target; where it fails, the reason goes to the report and undefined comes back. */
export type Attempt = <T>(name: string, step: () => Promise<T>) => Promise<T | undefined>;

/** A failure of one target is a line of the report; only an interruption ends the run. */
export function attemptInto(notMeasured: NotMeasured[], upstream: string, signal: AbortSignal): Attempt {
  return async (name, step) => {
    try {
      return await step();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAppError(thrown);
      notMeasured.push({ name: `${upstream} upstream, ${name}`, reason: error.code === "internal" ? String(thrown) : error.message });
      return undefined;
    }
  };
}
