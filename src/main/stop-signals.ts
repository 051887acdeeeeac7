export interface StopSignals {
  /** Resolves at the first SIGINT or SIGTERM with its name. */
  readonly first: Promise<"SIGINT" | "SIGTERM">;
  /** Aborted by the second one; the third ends the process at once. */
  readonly again: AbortSignal;
}

/** A signal sooner than this after another is the same one: npm passes on what the terminal has sent to both. */
const ECHO_MS = 1000;

/** From here on SIGINT and SIGTERM do not end the process by themselves. */
export function stopSignals(): StopSignals {
  const { promise: first, resolve } = Promise.withResolvers<"SIGINT" | "SIGTERM">();
  const again = new AbortController();
  let count = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (performance.now() - lastAt < ECHO_MS) return;
      lastAt = performance.now();
      count += 1;
      if (count === 1) resolve(signal);
      else if (count === 2) again.abort();
      else process.exit(130);
    });
  }
  return { first, again: again.signal };
}
