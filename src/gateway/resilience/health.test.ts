import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { Health } from "./health.ts";

const failure = (message: string) => new AppError("unavailable", "UPSTREAM_LOST", message);

type Step = "ok" | "fail" | "probe";

/** What is told after these outcomes, one a second, and `restMs` after the last of them. */
function told(steps: readonly Step[], restMs = 0): string | undefined {
  const health = new Health();
  steps.forEach((step, second) => {
    if (step === "ok") health.succeeded(second * 1000);
    else if (step === "fail") health.failed(second * 1000, failure(`failure at ${second}`));
    else health.probeFailed(second * 1000, failure(`probe at ${second}`));
  });
  return health.trouble((steps.length - 1) * 1000 + restMs)?.message;
}

const times = (count: number, ...steps: Step[]) => Array.from({ length: count }, () => steps).flat();

const cases: readonly (readonly [title: string, steps: readonly Step[], restMs: number, reason: string | undefined])[] = [
  ["nothing has been tried", [], 0, undefined],
  ["all went well", times(100, "ok"), 0, undefined],
  ["one call of many failed", [...times(50, "ok"), "fail", "ok"], 0, undefined],
  ["the only call failed", ["fail"], 0, undefined],
  ["two in a row failed", ["ok", "fail", "fail"], 0, "failure at 2"],
  ["every other one fails", times(5, "ok", "fail"), 0, "failure at 9"],
  ["one probe failed", ["ok", "probe"], 0, "probe at 1"],
  ["a success has just followed", ["fail", "fail", "ok"], 0, "failure at 1"],
  ["a success has followed, and nothing failed for ten seconds", ["fail", "fail", "ok"], 9000, undefined],
  ["nothing has succeeded since, however long ago it was", ["fail", "fail"], 3_600_000, "failure at 1"],
  ["now and then one of many fails", times(3, ...times(20, "ok"), "fail"), 0, undefined],
];
test.each(cases)("%s", (_, steps, restMs, reason) => {
  expect(told(steps, restMs)).toBe(reason);
});

test("a server that fails and succeeds by turns is in trouble all the while, not by turns too", () => {
  const health = new Health();
  const seen = new Set<boolean>();
  for (let second = 0; second < 100; second += 1) {
    if (second % 2 === 0) health.failed(second * 1000, failure("lost"));
    else health.succeeded(second * 1000);
    if (second > 4) seen.add(health.trouble(second * 1000) !== undefined);
  }
  expect([...seen]).toEqual([true]);
});

test("probes that failed are counted until anything succeeds", () => {
  const health = new Health();
  for (const now of [1, 2, 3]) health.probeFailed(now, failure("silent"));
  expect(health.probeFailures).toBe(3);
  health.succeeded(4);
  expect({ failures: health.probeFailures, at: health.lastSuccessAt }).toEqual({ failures: 0, at: 4 });
});
