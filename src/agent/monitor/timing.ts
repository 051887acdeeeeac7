import { type Clock, systemClock } from "../../core/clock.ts";

/** Time as the monitor needs it: a wall clock for people, one that only goes forward for windows, and timers. */
export interface Timing extends Clock {
  /** Milliseconds that only go forward, whatever is done to the wall clock. */
  monotonicMs(): number;
  /** Runs `act` once after `ms`; the answer takes it back. */
  after(ms: number, act: () => void): () => void;
}

export const systemTiming: Timing = {
  now: () => systemClock.now(),
  monotonicMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * What `work` comes to, within `ms` and before `signal`; the signal that `work` gets fires at either. Undefined: the time was
 * over. Rejects with what `work` throws, and with `signal`'s reason.
 */
export async function within<T>(
  timing: Timing,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const ended = Promise.withResolvers<undefined>();
  const onAbort = () => {
    ended.reject(signal.reason);
    stop.abort(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  const takeBack = timing.after(ms, () => {
    ended.resolve(undefined);
    stop.abort();
  });
  try {
    // Who does not listen to its signal is left behind.
    return await Promise.race([ended.promise, work(stop.signal).then((value) => ({ value }))]);
  } finally {
    takeBack();
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits `ms`, or less where `signal` is aborted; never throws. */
export function waitWith(timing: Pick<Timing, "after">, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      takeBack();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const takeBack = timing.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
