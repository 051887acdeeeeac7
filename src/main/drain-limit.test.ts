import { expect, test } from "bun:test";
import { drainLimitMs } from "./drain-limit.ts";

test("the variable goes before the configuration, and may be left out or empty", () => {
  expect(drainLimitMs({ MCPLOCAL_DRAIN_MS: "250" }, 10_000)).toBe(250);
  expect(drainLimitMs({ MCPLOCAL_DRAIN_MS: "0" }, 10_000)).toBe(0);
  expect(drainLimitMs({}, 10_000)).toBe(10_000);
  expect(drainLimitMs({ MCPLOCAL_DRAIN_MS: "" }, 10_000)).toBe(10_000);
});

test.each(["10s", "-1", "1.5", "600001"])("%j is refused by the name of the variable", (text) => {
  expect(() => drainLimitMs({ MCPLOCAL_DRAIN_MS: text }, 10_000)).toThrow(
    expect.objectContaining({ code: "invalid", reason: "DRAIN_INVALID", message: expect.stringContaining("MCPLOCAL_DRAIN_MS") }),
  );
});
