import { describe, expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream/upstream-errors.ts";
import { decideRetry, type FailedTry, type RetrySettings } from "./decide-retry.ts";
import { RetryBudget } from "./retry-budget.ts";

const SETTINGS: RetrySettings = { tries: 2, budgetPercent: 10, backoff: { firstMs: 100, maxMs: 1000 } };
const notSent = upstreamUnavailable("one", "its connection is refused");
const lost = upstreamLost("one", "it exited");
const broken = upstreamBroken("one", "no JSON");
const other = (code: "deadline" | "exhausted" | "canceled" | "denied", reason: string) => new AppError(code, reason, "x");

const FAILED: FailedTry = { error: notSent, tries: 1, repeatable: false, exposed: false, wasAway: false, leftMs: 60_000 };

describe("a call that failed is tried again", () => {
  const cases: readonly (readonly [title: string, failed: Partial<FailedTry>, again: boolean])[] = [
    ["where it was certainly not sent", {}, true],
    ["where its answer is lost and doing it twice does no harm", { error: lost, repeatable: true }, true],
    ["where its answer cannot be read and doing it twice does no harm", { error: broken, repeatable: true }, true],
    ["not where its answer is lost and it may have done something", { error: lost }, false],
    ["not where its answer cannot be read and it may have done something", { error: broken }, false],
    ["not after a time-out", { error: other("deadline", "CALL_TIMEOUT"), repeatable: true }, false],
    ["not where the server has too much to do", { error: other("exhausted", "UPSTREAM_BUSY"), repeatable: true }, false],
    ["not where the client canceled it", { error: other("canceled", "CALL_CANCELED"), repeatable: true }, false],
    ["not where it is refused", { error: other("denied", "ADDRESS_NOT_ALLOWED"), repeatable: true }, false],
    ["not after the client heard something of it", { exposed: true }, false],
    ["not where the server is known to be away", { wasAway: true }, false],
    ["the second time too", { tries: 2 }, true],
    ["not a third time", { tries: 3 }, false],
    ["not where its time would be over", { leftMs: 50 }, false],
  ];
  test.each(cases)("%s", (_, failed, again) => {
    expect(decideRetry({ ...FAILED, ...failed }, SETTINGS, 0) !== undefined).toBe(again);
  });

  test("after a wait that doubles, a random half of it", () => {
    const waits = [1, 2].flatMap((tries) => [0, 0.5, 0.999].map((random) => decideRetry({ ...FAILED, tries }, SETTINGS, random)));
    expect(waits).toEqual([50, 75, 100, 100, 150, 200]);
  });
});

describe("the budget", () => {
  /** Every call fails and would be tried again as often as may be. */
  const spent = (calls: number, percent: number) => {
    const budget = new RetryBudget();
    let tries = 0;
    for (let call = 0; call < calls; call += 1) {
      budget.earn(percent);
      for (let more = 0; more < 2 && budget.spend(); more += 1) tries += 1;
    }
    return tries;
  };

  test("lets a share of the calls be tried again, and a few at once", () => {
    expect(spent(1000, 10)).toBeLessThanOrEqual(110);
    expect(spent(1000, 10)).toBeGreaterThanOrEqual(100);
    expect(spent(5, 10)).toBe(10);
  });

  test("of no share those few only, and what is saved is bounded", () => {
    expect(spent(1000, 0)).toBe(10);
    const budget = new RetryBudget();
    for (let call = 0; call < 10_000; call += 1) budget.earn(10);
    let tries = 0;
    while (budget.spend()) tries += 1;
    expect(tries).toBe(10);
  });
});
