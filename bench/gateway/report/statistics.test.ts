import { expect, test } from "bun:test";
import { median, spreadOfPairs } from "./statistics.ts";

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("the median of an odd number of values is the one in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
});

test("no values have no median", () => {
  expect(median([])).toBeNaN();
});

test("a ratio is taken inside a round, not between medians", () => {
  const spread = spreadOfPairs([10, 40, 90], [20, 40, 30], (left, right) => left / right);
  expect(spread).toEqual({ median: 1, low: 0.5, high: 3 });
});

test("a round that only one side has counts for nothing", () => {
  expect(spreadOfPairs([1, 2, 3], [1], (left, right) => left / right)).toEqual({ median: 1, low: 1, high: 1 });
});
