import { describe, expect, test } from "bun:test";
import { GATEWAY_SETTINGS } from "../gateway/gateway.ts";
import { parseConfig } from "./config-file.ts";
import { resilienceOf } from "./resilience-config.ts";

const of = (text: string) => resilienceOf(parseConfig(text, "mcpd.toml"));

test("a file without these tables gives what the gateway does by itself", () => {
  const { callTimeoutMs, resilience } = GATEWAY_SETTINGS;
  expect(of("")).toEqual({ callTimeoutMs, resilience });
  expect(of("[timeouts]\n[bulkhead]\n[breaker]\n[retries]\n[catalog]\n[probe]\n")).toEqual({ callTimeoutMs, resilience });
});

test("every key of them reaches the gateway", () => {
  const { callTimeoutMs, resilience } = of(`
[timeouts]
idle_seconds = 1.5
total_seconds = 2

[bulkhead]
concurrency = 3

[breaker]
failures = 4
failure_percent = 5
min_calls = 6
window_seconds = 7
open_seconds = 8
max_open_seconds = 9

[retries]
tries = 0
budget_percent = 11

[catalog]
positive_ttl_seconds = 12
negative_ttl_seconds = 13
read_timeout_seconds = 14
max_kib = 64

[probe]
interval_seconds = 16
timeout_seconds = 17
failures = 18
`);
  expect(callTimeoutMs).toBe(2000);
  expect(resilience).toMatchObject({
    idleMs: 1500,
    concurrency: 3,
    breaker: { failures: 4, failurePercent: 5, minCalls: 6, windowMs: 7000, openMs: 8000, maxOpenMs: 9000 },
    retries: { tries: 0, budgetPercent: 11 },
    catalog: { positiveTtlMs: 12_000, negativeTtlMs: 13_000, readTimeoutMs: 14_000, maxChars: 65_536 },
    probe: { intervalMs: 16_000, timeoutMs: 17_000, failures: 18 },
  });
});

test("the breaker and the probes can be turned off", () => {
  expect(of("[breaker]\nenabled = false").resilience.breaker).toBeUndefined();
  expect(of("[probe]\ninterval_seconds = 0").resilience.probe.intervalMs).toBeUndefined();
});

describe("a value that makes no sense is refused by its key", () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["[timeouts]\nidle_seconds = 0", "timeouts.idle_seconds: "],
    ["[timeouts]\ntotal_seconds = 86401", "timeouts.total_seconds: "],
    ["[bulkhead]\nconcurrency = 0", "bulkhead.concurrency: "],
    ["[breaker]\nfailure_percent = 101", "breaker.failure_percent: "],
    ["[breaker]\nfailures = 1.5", "breaker.failures: "],
    ["[retries]\ntries = 6", "retries.tries: "],
    ["[catalog]\nmax_kib = 1", "catalog.max_kib: "],
    ["[probe]\ninterval_seconds = 0.5", "probe.interval_seconds: must be 0 or from 1 to 86400"],
    ["[probe]\ntimeout_seconds = '10'", "probe.timeout_seconds: "],
    ["[probe]\ninterval = 1", "there is no key 'probe.interval'"],
    ["timeouts = 5", "timeouts: "],
  ];
  test.each(cases)("%j", (text, message) => {
    expect(() => of(text)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID", message: expect.stringContaining(message) }));
  });

  test("with the nearest key of the table in the hint", () => {
    expect(() => of("[timeouts]\nidle_second = 5")).toThrow(expect.objectContaining({ hint: "did you mean 'idle_seconds'?" }));
    expect(() => of("[timeout]\nidle_seconds = 5")).toThrow(expect.objectContaining({ hint: "did you mean 'timeouts'?" }));
  });
});
