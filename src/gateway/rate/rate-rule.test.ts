import { expect, test } from "bun:test";
import type { ServerPolicy } from "../../api/server-definition.ts";
import { rateOf } from "./rate-rule.ts";

const server = (rateLimit: number | null, rateLimits?: ServerPolicy["rateLimits"]) => ({ rateLimit, policy: { rateLimits } });
const RATES = { perMinute: 600, methods: {} };

test("where nobody says anything else, the installation's limit holds; 0 is no limit", () => {
  expect(rateOf(RATES, undefined, "tools/list")).toBe(600);
  expect(rateOf(RATES, server(null), "tools/call")).toBe(600);
  expect(rateOf({ perMinute: 0, methods: {} }, server(null), "tools/call")).toBeUndefined();
});

test("a server's own limit comes before the installation's, in either direction, and 0 lifts it", () => {
  expect(rateOf(RATES, server(5), "tools/call")).toBe(5);
  expect(rateOf(RATES, server(6000), "tools/call")).toBe(6000);
  expect(rateOf(RATES, server(0), "tools/call")).toBeUndefined();
  expect(rateOf({ perMinute: 0, methods: {} }, server(5), "tools/call")).toBe(5);
});

test("a limit of one method comes before the one of all, of the server before the installation", () => {
  const rates = { perMinute: 600, methods: { "tools/call": 60, "resources/*": 0 } };
  expect(rateOf(rates, server(null), "tools/call")).toBe(60);
  expect(rateOf(rates, server(null), "resources/read")).toBeUndefined();
  expect(rateOf(rates, server(5), "tools/call")).toBe(5);
  expect(rateOf(rates, server(5, { "tools/*": 7, "tools/call": 8, "*": 9 }), "tools/call")).toBe(8);
  expect(rateOf(rates, server(5, { "tools/*": 7, "*": 9 }), "tools/list")).toBe(7);
  expect(rateOf(rates, server(5, { "tools/call": 8 }), "tools/list")).toBe(5);
});

test("a method that is called as something every object has is a method like others", () => {
  for (const method of ["constructor", "__proto__", "toString"]) expect(rateOf(RATES, server(null, {}), method)).toBe(600);
});
