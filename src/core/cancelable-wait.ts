import type { CancelSignal } from "./cancel-signal.ts";

/** Waits `ms`, or less where `signal` is aborted; never throws. */
export function waitOrAbort(ms: number, signal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
