/** A second signal sooner than this is the first one again: npm passes on what the terminal has sent to both. */
const ECHO_MS = 1000;

/** Resolves at the first SIGINT or SIGTERM with its name; a second one ends the process at once. */
export function untilSignal(): Promise<"SIGINT" | "SIGTERM"> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (firstAt !== undefined && performance.now() - firstAt >= ECHO_MS) process.exit(130);
        firstAt ??= performance.now();
        resolve(signal);
      });
    }
  });
}
