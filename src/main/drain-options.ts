import type { DrainOptions } from "./drain.ts";

interface DrainSettings {
  readonly limitMs: number;
  /** Aborted by the second signal. */
  readonly again: AbortSignal;
  readonly progress: (line: string) => void;
}

/** How a role waits for its calls in flight, and says so. */
export function drainOptions({ limitMs, again, progress }: DrainSettings): DrainOptions {
  const onWait = (pending: number) => {
    const many = pending === 1 ? "a request in flight gets" : `${pending} requests in flight get`;
    progress(`${many} up to ${limitMs / 1000} s to finish; another signal ends them`);
  };
  return { limitMs, cutShort: again, monotonicNow: () => performance.now(), onWait };
}
