import { expect, test } from "bun:test";
import { parseDuration } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["2m", 120_000],
  ["12h", 43_200_000],
  ["30d", 2_592_000_000],
  ["1.5s", 1_500],
  [" 10S ", 10_000],
  ["0s", 0],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "10", "s", "-1s", "+1s", "1e3s", "1m30s", "10 s", "10sec", "NaNs", "Infinitys", "9999999999s"])(
  "'%s' is refused",
  (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "invalid", reason: "DURATION_INVALID" }));
  },
);
