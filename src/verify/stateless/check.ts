import type { Observations, ObservedPart } from "./observations.ts";
import type { Violation } from "./violation.ts";

export type Scenario =
  | "Basic execution"
  | "JWT authentication"
  | "Concurrent isolation"
  | "No persistent state"
  | "Filesystem writes"
  | "Resource constraints"
  | "Security hardening";

/** A promise of the contract, as a function over what was seen. Pure: it is run on violating containers too. */
export interface Check<Part extends ObservedPart = ObservedPart> {
  readonly id: string;
  readonly scenario: Scenario;
  /** What holds where it passes. */
  readonly title: string;
  /** What has to have been looked at. */
  readonly needs: readonly Part[];
  find(seen: Observations & Required<Pick<Observations, Part>>): readonly Violation[];
}

export interface CheckResult {
  readonly id: string;
  readonly scenario: Scenario;
  readonly title: string;
  readonly outcome: "pass" | "fail" | "skip";
  readonly violations: readonly Violation[];
  /** Why it was left out. */
  readonly reason?: string;
}

/** What a check finds; left out where a part that it needs was not looked at. */
export function runCheck<Part extends ObservedPart>(check: Check<Part>, seen: Observations): CheckResult {
  const { id, scenario, title } = check;
  if (!hasParts(seen, check.needs)) {
    const missing = check.needs.find((part) => seen[part] === undefined);
    const reason = (missing === undefined ? undefined : seen.left[missing]) ?? "it was not looked at";
    return { id, scenario, title, outcome: "skip", violations: [], reason };
  }
  const violations = check.find(seen);
  return { id, scenario, title, outcome: violations.length === 0 ? "pass" : "fail", violations };
}

function hasParts<Part extends ObservedPart>(
  seen: Observations,
  needs: readonly Part[],
): seen is Observations & Required<Pick<Observations, Part>> {
  return needs.every((part) => seen[part] !== undefined);
}

/** Keeps what a check needs, for the compiler; a list of checks has lost it. */
export function defineCheck<Part extends ObservedPart>(check: Check<Part>): (seen: Observations) => CheckResult {
  return (seen) => runCheck(check, seen);
}
