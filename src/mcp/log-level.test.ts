import { expect, test } from "bun:test";
import { isLogLevel, reaches } from "./log-level.ts";

test.each<[unknown, "debug" | "warning" | "emergency", boolean]>([
  ["debug", "debug", true],
  ["debug", "warning", false],
  ["warning", "warning", true],
  ["error", "warning", true],
  ["alert", "emergency", false],
  ["loud", "debug", false],
  [undefined, "debug", false],
])("%p for who wants %s and above: %p", (level, least, isReached) => {
  expect(reaches(level, least)).toBe(isReached);
});

test("levels are those of the protocol", () => {
  expect(["debug", "notice", "critical", "Debug", "", 7].map(isLogLevel)).toEqual([true, true, true, false, false, false]);
});
