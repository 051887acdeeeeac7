import { expect, test } from "bun:test";
import fc from "fast-check";
import { type CallCount, decideRate, WINDOW_MS } from "./call-limit.ts";
import { callLimiterContract } from "./call-limiter.contract.ts";
import { MemoryCallLimiter } from "./memory-call-limiter.ts";

callLimiterContract("memory", (run) => {
  const time = { ms: 10_500 };
  const limiter = new MemoryCallLimiter({ monotonicNow: () => time.ms, maxCounts: 100 });
  const wait = async () => {
    time.ms += 5000;
  };
  return run({ limiter, windowMs: WINDOW_MS, wait });
});

test("a window begins with its first call: of a burst exactly as many pass as are allowed, whenever it comes", () => {
  for (const start of [0, 1, 59_999, 60_000, 123_456]) {
    const time = { ms: start };
    const limiter = new MemoryCallLimiter({ monotonicNow: () => time.ms, maxCounts: 10 });
    const pass = () => limiter.take("a", 3).allowed;
    expect([pass(), pass(), pass(), pass()]).toEqual([true, true, true, false]);
    time.ms = start + 59_999;
    expect(limiter.take("a", 3)).toEqual({ allowed: false, retryAfterS: 1 });
    time.ms = start + 60_000;
    expect(pass()).toBe(true);
  }
});

test("no more keys are kept than its bound: the one counted longest ago is forgotten", () => {
  const limiter = new MemoryCallLimiter({ monotonicNow: () => 0, maxCounts: 2 });
  for (const key of ["a", "b", "c"]) limiter.take(key, 1);
  expect(limiter.take("c", 1)).toEqual({ allowed: false, retryAfterS: 60 });
  expect(limiter.take("a", 1)).toEqual({ allowed: true });
});

test("whatever the times of calls, no window holds more than its limit and each wait leads into the next one", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (gaps, limit) => {
      let [now, count] = [0, undefined as CallCount | undefined];
      for (const gap of gaps) {
        now += gap;
        const decision = decideRate(count, limit, now);
        if (!decision.allowed) {
          expect(count?.calls).toBe(limit);
          expect(decision.retryAfterS).toBeGreaterThanOrEqual(1);
          expect(decideRate(count, limit, now + decision.retryAfterS * 1000).allowed).toBe(true);
          continue;
        }
        count = decision.count;
        expect(count.calls).toBeLessThanOrEqual(limit);
        expect(now - count.since).toBeLessThan(WINDOW_MS);
      }
    }),
  );
});
