import type { CheckResult } from "../check.ts";
import type { Metrics } from "../metrics.ts";

/** What one verification found. `-o json` prints it as it is. */
export interface VerifyReport {
  readonly subject: { readonly kind: "image" | "service"; readonly name: string; readonly imageId: string };
  readonly engine: { readonly name: string; readonly version: string };
  /** ISO 8601. */
  readonly startedAt: string;
  readonly verdict: "PASS" | "FAIL";
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly checks: readonly CheckResult[];
  readonly metrics: Metrics;
  /** Containers that were kept. */
  readonly kept: readonly string[];
}

export function countsOf(checks: readonly CheckResult[]): Pick<VerifyReport, "verdict" | "passed" | "failed" | "skipped"> {
  const count = (outcome: CheckResult["outcome"]) => checks.filter((check) => check.outcome === outcome).length;
  const failed = count("fail");
  return { verdict: failed === 0 ? "PASS" : "FAIL", passed: count("pass"), failed, skipped: count("skip") };
}
