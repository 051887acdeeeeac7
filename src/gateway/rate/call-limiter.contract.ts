import { describe, expect, test } from "bun:test";
import type { CallLimiter, RateVerdict } from "./call-limiter.ts";

export interface CallLimiterSetup {
  /** Another process's limiter over the same counts is the same one here where counts are not shared. */
  readonly limiter: CallLimiter;
  readonly windowMs: number;
  /** Lets some time go by. */
  readonly wait: () => Promise<void>;
}

export type WithCallLimiter = (run: (setup: CallLimiterSetup) => Promise<void>) => Promise<void>;

const DEADLINE_MS = 20_000;

/** What every adapter of `CallLimiter` does. */
export function callLimiterContract(name: string, withLimiter: WithCallLimiter): void {
  const allowed = (verdicts: readonly RateVerdict[]) => verdicts.filter((verdict) => verdict.allowed).length;

  describe(`${name}: a limiter of calls`, () => {
    test("lets as many pass as it is told, and tells the next when to come again", () =>
      withLimiter(async ({ limiter, windowMs }) => {
        for (let calls = 0; calls < 5; calls += 1) expect(await limiter.take("a", 5)).toEqual({ allowed: true });
        for (let calls = 0; calls < 3; calls += 1) {
          const verdict = await limiter.take("a", 5);
          if (verdict.allowed) throw new Error("it passed");
          expect(Number.isInteger(verdict.retryAfterS)).toBe(true);
          expect(verdict.retryAfterS).toBeGreaterThanOrEqual(1);
          expect(verdict.retryAfterS).toBeLessThanOrEqual(windowMs / 1000);
          expect(verdict.undecided).toBeUndefined();
        }
      }));

    test("counts keys apart, whatever stands in them", () =>
      withLimiter(async ({ limiter }) => {
        const keys = ["a", "b", "a\nb", "a b", "a:b", "é😀", "*", "\0"];
        for (const key of keys) expect(await limiter.take(key, 1)).toEqual({ allowed: true });
        for (const key of keys) expect(await limiter.take(key, 1)).toMatchObject({ allowed: false });
      }));

    test("of many calls at once as many pass as it is told", () =>
      withLimiter(async ({ limiter }) => {
        const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.take("burst", 7)));
        expect(allowed(verdicts)).toBe(7);
      }));

    test("lets calls pass again when the window is over, and as many as before", () =>
      withLimiter(async ({ limiter, wait }) => {
        for (let calls = 0; calls < 3; calls += 1) await limiter.take("again", 3);
        const until = performance.now() + DEADLINE_MS;
        while (!(await limiter.take("again", 3)).allowed) {
          if (performance.now() > until) throw new Error("no call passes any more");
          await wait();
        }
        const verdicts = [await limiter.take("again", 3), await limiter.take("again", 3), await limiter.take("again", 3)];
        expect(allowed(verdicts)).toBe(2);
      }));

    test("takes another limit for a key from one call to the next, and the calls before count", () =>
      withLimiter(async ({ limiter }) => {
        expect(allowed([await limiter.take("moved", 2), await limiter.take("moved", 2), await limiter.take("moved", 2)])).toBe(2);
        expect(await limiter.take("moved", 10)).toEqual({ allowed: true });
        expect(await limiter.take("moved", 1)).toMatchObject({ allowed: false });
      }));
  });
}
