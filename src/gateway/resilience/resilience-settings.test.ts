import { expect, test } from "bun:test";
import { limitsOf, RESILIENCE_SETTINGS, type ResiliencePolicy } from "./resilience-settings.ts";

const limits = (policy?: ResiliencePolicy | null) => {
  const { idleMs, totalMs, concurrency, probeIntervalMs } = limitsOf({ handle: "one", policy }, RESILIENCE_SETTINGS, 60_000);
  return { idleMs, totalMs, concurrency, probeIntervalMs };
};
const DEFAULTS = { idleMs: 300_000, totalMs: 60_000, concurrency: 256, probeIntervalMs: 30_000 };

const cases: readonly (readonly [title: string, policy: ResiliencePolicy | null | undefined, own: Partial<typeof DEFAULTS>])[] = [
  ["no policy", undefined, {}],
  ["a policy of null", null, {}],
  ["a policy of something else", {}, {}],
  ["a time of silence", { timeouts: { idleSeconds: 5 } }, { idleMs: 5000 }],
  ["a time in all", { timeouts: { totalSeconds: 900 } }, { totalMs: 900_000 }],
  ["calls at the same time", { concurrency: 2 }, { concurrency: 2 }],
  ["a time between probes", { probe: { intervalSeconds: 7 } }, { probeIntervalMs: 7000 }],
];
test.each(cases)("%s", (_, policy, own) => {
  expect(limits(policy)).toEqual({ ...DEFAULTS, ...own });
});

test("probes may be off", () => {
  expect(limits({ probe: "off" }).probeIntervalMs).toBeUndefined();
});
