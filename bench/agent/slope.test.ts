import { expect, test } from "bun:test";
import { extrapolated, slopeOf } from "./slope.ts";

test("points on a line give the line, and what it says further on", () => {
  const points = [
    { at: 0, value: 60 },
    { at: 30, value: 63 },
    { at: 60, value: 66 },
  ];
  expect(slopeOf(points)).toEqual({ base: 60, each: 0.1 });
  expect(extrapolated(points, 1000)).toBe(160);
});

test("points beside a line are made up for by each other", () => {
  const points = [
    { at: 0, value: 1 },
    { at: 0, value: -1 },
    { at: 10, value: 11 },
    { at: 10, value: 9 },
  ];
  expect(slopeOf(points)).toEqual({ base: 0, each: 1 });
});

test("one place has no slope", () => {
  expect(slopeOf([{ at: 5, value: 1 }]).each).toBeNaN();
});
