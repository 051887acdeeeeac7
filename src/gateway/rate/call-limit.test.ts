import { expect, test } from "bun:test";
import fc from "fast-check";
import { type CallCount, decideRate, WINDOW_MS } from "./call-limit.ts";
import { CallLimiter } from "./call-limiter.ts";

test("as many calls as are allowed pass in a minute, and the next says when to come again", () => {
  const limiter = new CallLimiter({ monotonicNow: () => time.ms, maxCounts: 10 });
  const time = { ms: 10_500 };
  expect([1, 2, 3].map(() => limiter.take("token:1", "one", 3))).toEqual([undefined, undefined, undefined]);
  expect(limiter.take("token:1", "one", 3)).toBe(50);
  time.ms = 59_999;
  expect(limiter.take("token:1", "one", 3)).toBe(1);
  time.ms = 60_000;
  expect(limiter.take("token:1", "one", 3)).toBeUndefined();
});

test("identities and servers are counted apart", () => {
  const limiter = new CallLimiter({ monotonicNow: () => 0, maxCounts: 10 });
  const pairs = [
    ["token:1", "one"],
    ["token:2", "one"],
    ["token:1", "two"],
    ["user:1", "one"],
  ] as const;
  for (const [identity, handle] of pairs) expect(limiter.take(identity, handle, 1)).toBeUndefined();
  for (const [identity, handle] of pairs) expect(limiter.take(identity, handle, 1)).toBe(60);
});

test("no more pairs are kept than its bound: the one counted longest ago is forgotten", () => {
  const limiter = new CallLimiter({ monotonicNow: () => 0, maxCounts: 2 });
  for (const identity of ["a", "b", "c"]) limiter.take(identity, "one", 1);
  expect(limiter.take("c", "one", 1)).toBe(60);
  expect(limiter.take("a", "one", 1)).toBeUndefined();
});

test("whatever the times of calls, no window holds more than its limit and each wait leads into the next one", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (gaps, perMinute) => {
      let [now, count] = [0, undefined as CallCount | undefined];
      const passed = new Map<number, number>();
      for (const gap of gaps) {
        now += gap;
        const verdict = decideRate(count, perMinute, now);
        const window = Math.floor(now / WINDOW_MS);
        if (!verdict.allowed) {
          expect(passed.get(window)).toBe(perMinute);
          expect(verdict.retryAfterS).toBeGreaterThanOrEqual(1);
          expect(Math.floor((now + verdict.retryAfterS * 1000) / WINDOW_MS)).toBe(window + 1);
          continue;
        }
        count = verdict.count;
        passed.set(window, (passed.get(window) ?? 0) + 1);
        expect(passed.get(window)).toBeLessThanOrEqual(perMinute);
      }
    }),
  );
});
