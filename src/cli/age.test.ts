import { expect, test } from "bun:test";
import { ageOf, agoOf, formatSpan, untilOf } from "./age.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");

test.each([
  [0, "0s"],
  [119_999, "119s"],
  [330_000, "5m30s"],
  [600_000, "10m"],
  [4 * 3_600_000, "4h"],
  [4.5 * 3_600_000, "4h30m"],
  [30 * 3_600_000, "30h"],
  [75 * 3_600_000, "3d3h"],
  [30 * 86_400_000, "30d"],
  [800 * 86_400_000, "2y70d"],
  [4000 * 86_400_000, "10y"],
])("%d ms are %s", (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

test("an instant is so long ago or so far ahead, and one that lies ahead has no age", () => {
  expect(ageOf("2026-06-01T11:00:00.000Z", NOW)).toBe("60m");
  expect(ageOf("2026-06-01T13:00:00.000Z", NOW)).toBe("0s");
  expect(agoOf("2026-05-22T12:00:00.000Z", NOW)).toBe("10d ago");
  expect(untilOf("2026-06-11T12:00:00.000Z", NOW)).toBe("in 10d");
  expect(untilOf("2026-05-22T12:00:00.000Z", NOW)).toBe("10d ago");
  expect([agoOf(null, NOW), untilOf(null, NOW)]).toEqual(["never", "never"]);
});
