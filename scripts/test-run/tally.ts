/** What a stage counted. Types, lint and the like count as one check each. */
export interface Tally {
  readonly passed: number;
  /** One line per failure, for the summary. */
  readonly failures: readonly string[];
  /** One line per skip: the title and its reason. */
  readonly skips: readonly string[];
}

export const EMPTY_TALLY: Tally = { passed: 0, failures: [], skips: [] };

export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failures: [...a.failures, ...b.failures], skips: [...a.skips, ...b.skips] };
}

/** The last line of a run. */
export function closingLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failures.length} failed, ${tally.skips.length} skipped`;
}

/** 0 where everything passed; with `requireAll` a skip counts against the run too. */
export function exitCodeOf(tally: Tally, requireAll: boolean): 0 | 1 {
  return tally.failures.length > 0 || (requireAll && tally.skips.length > 0) ? 1 : 0;
}
