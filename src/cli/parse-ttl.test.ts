import { expect, test } from "bun:test";
import { parseTtl } from "./parse-ttl.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");

test.each([
  ["30d", "2026-07-01T12:00:00.000Z"],
  ["12h", "2026-06-02T00:00:00.000Z"],
  [" 90m ", "2026-06-01T13:30:00.000Z"],
  ["2027-01-31", "2027-01-31T00:00:00.000Z"],
  ["2027-01-31T18:00:00Z", "2027-01-31T18:00:00.000Z"],
  ["2027-01-31T18:00:00.5+02:00", "2027-01-31T16:00:00.500Z"],
])("%s ends at %s", (text, at) => {
  expect(parseTtl(text, NOW)).toBe(at);
});

test("what lives for ever ends never", () => {
  expect(parseTtl("never", NOW)).toBeNull();
  expect(parseTtl("Never", NOW)).toBeNull();
});

test.each(["", "30", "30 days", "soon", "0s", "-1d", "2020-01-01", "2026-06-01T12:00:00Z", "2027-13-01", "2027-01-31T18:00", "1e3d"])(
  "'%s' is refused",
  (text) => {
    expect(() => parseTtl(text, NOW)).toThrow(expect.objectContaining({ code: "invalid", reason: "TTL_INVALID" }));
  },
);
