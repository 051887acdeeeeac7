import { expect, test } from "bun:test";
import { addTallies, closingLine, EMPTY_TALLY, exitCodeOf } from "./tally.ts";

const passed = { ...EMPTY_TALLY, passed: 3 };
const failed = { ...EMPTY_TALLY, failures: ["lint"] };
const skipped = { ...EMPTY_TALLY, skips: ["a: nginx is not installed"] };

test("the closing line counts all stages together", () => {
  expect(closingLine(addTallies(addTallies(passed, failed), addTallies(passed, skipped)))).toBe("6 passed, 1 failed, 1 skipped");
});

test("a failure fails the run", () => {
  expect(exitCodeOf(addTallies(passed, failed), false)).toBe(1);
  expect(exitCodeOf(passed, true)).toBe(0);
});

test("a skip fails the run only where everything is required", () => {
  expect(exitCodeOf(skipped, false)).toBe(0);
  expect(exitCodeOf(skipped, true)).toBe(1);
});
