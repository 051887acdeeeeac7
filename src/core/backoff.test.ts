import { expect, test } from "bun:test";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

const policy = { firstMs: 500, maxMs: 30_000 };

test("the first try is at once and the waits double up to the limit", () => {
  expect(backoffMs(policy, 0, 0.9)).toBe(0);
  expect([1, 2, 3, 7, 8, 1000].map((attempt) => backoffMs(policy, attempt, 0.999999))).toEqual([500, 1000, 2000, 30000, 30000, 30000]);
});

test("a wait is never under half of its whole nor over it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const whole = backoffMs(policy, attempt, 1);
      const wait = backoffMs(policy, attempt, random);
      expect(wait).toBeGreaterThanOrEqual(whole / 2);
      expect(wait).toBeLessThanOrEqual(whole);
    }),
  );
});
