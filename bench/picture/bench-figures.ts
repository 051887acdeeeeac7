import type { BenchReport } from "../gateway/report/bench-report.ts";
import type { Comparison, Goal } from "../gateway/report/compare.ts";

/** A comparison that is held to a goal. */
export type HeldComparison = Comparison & { readonly goal: Goal };

/** What is kept of a report beside the code: where and when it was measured, and what has a goal. */
export interface BenchFigures {
  readonly startedAt: string;
  readonly options: Pick<BenchReport["options"], "rounds" | "seconds">;
  readonly machine: BenchReport["machine"];
  readonly comparisons: readonly HeldComparison[];
}

export function figuresOf({ startedAt, options, machine, comparisons }: BenchReport): BenchFigures {
  const { rounds, seconds } = options;
  return { startedAt, options: { rounds, seconds }, machine, comparisons: comparisons.filter(isHeld).map(rounded) };
}

function isHeld(comparison: Comparison): comparison is HeldComparison {
  return comparison.goal !== undefined;
}

/** More digits than four say nothing about another run. */
function rounded(comparison: HeldComparison): HeldComparison {
  const { median, low, high } = comparison.spread;
  return { ...comparison, spread: { median: short(median), low: short(low), high: short(high) } };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
