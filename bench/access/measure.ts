/** One figure of the report. */
export interface Figure {
  readonly what: string;
  /** One value a round, in `unit`. */
  readonly rounds: readonly number[];
  readonly unit: "ns" | "µs" | "checks/s" | "tasks/s" | "ms" | "MiB" | "MB" | "% of a core";
  /** Undefined: measured for comparison. */
  readonly budget?: { readonly limit: number; readonly is: "at most" | "at least" };
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Decisions timed in a round. */
  readonly samples: number;
  /** Length of a round that counts how many it gets done, in ms. */
  readonly roundMs: number;
}

export const EFFORT: Readonly<Record<"full" | "quick", Effort>> = {
  full: { rounds: 7, samples: 200_000, roundMs: 1000 },
  quick: { rounds: 3, samples: 20_000, roundMs: 150 },
};

/**
 * The middle one of single runs of `run`, in µs. Each is timed alone, the clock's own cost included: a mean over many
 * would hide the slow ones. `run` gets the number of its turn and returns something, so that it cannot be left out.
 */
export function p50Micros(samples: number, run: (turn: number) => unknown): number {
  const times = new Float64Array(samples);
  let kept: unknown;
  for (let turn = 0; turn < samples; turn += 1) {
    const start = Bun.nanoseconds();
    kept = run(turn);
    times[turn] = Bun.nanoseconds() - start;
  }
  if (kept === undefined) throw new Error("nothing was measured");
  times.sort();
  return (times[samples >> 1] ?? Number.NaN) / 1000;
}

/** How often `run` gets done in a second, counted over `roundMs`. */
export function perSecond(roundMs: number, run: (turn: number) => boolean): number {
  const start = Bun.nanoseconds();
  const end = start + roundMs * 1e6;
  let turn = 0;
  let now = start;
  while (now < end) {
    // The clock is read once for many, so that it is no part of what is counted.
    for (const stop = turn + 256; turn < stop; turn += 1) if (!run(turn)) throw new Error("a check failed, so its speed means nothing");
    now = Bun.nanoseconds();
  }
  return turn / ((now - start) / 1e9);
}
