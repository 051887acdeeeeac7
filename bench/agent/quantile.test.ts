import { expect, test } from "bun:test";
import { quantile } from "./quantile.ts";

test("of few values the last hundredth is the largest, and half is the one in the middle", () => {
  expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
  expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  expect(quantile([7], 0)).toBe(7);
});

test("no values have none", () => {
  expect(quantile([], 0.5)).toBeNaN();
});
