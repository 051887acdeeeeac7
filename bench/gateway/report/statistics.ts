/** NaN for no values: "not measured" must not look like a figure. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** A figure over the rounds. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Combines the values of each round and says what the middle and the ends of the results are. */
export function spreadOfPairs(left: readonly number[], right: readonly number[], combine: (left: number, right: number) => number): Spread {
  const rounds = Math.min(left.length, right.length);
  const values = Array.from({ length: rounds }, (_, round) => combine(left[round] ?? Number.NaN, right[round] ?? Number.NaN));
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}
