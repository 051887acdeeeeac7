import { expect, test } from "bun:test";
import type { Pulse } from "./guarded-upstream.ts";
import { isProbeDue, type ProbeTiming } from "./is-probe-due.ts";

const PULSE: Pulse = { connection: "ready", lastSuccessAt: 0, refusedUntil: undefined };
const TIMING: ProbeTiming = { now: 1000, intervalMs: 100, jitter: 1, lastProbeAt: 0 };

const cases: readonly (readonly [title: string, pulse: Partial<Pulse>, timing: Partial<ProbeTiming>, due: boolean])[] = [
  ["one that nothing was heard of for a while is", {}, {}, true],
  ["also where nothing ever succeeded", { lastSuccessAt: Number.NEGATIVE_INFINITY }, {}, true],
  ["also where it is known to be degraded", { connection: "degraded" }, {}, true],
  ["one that has just answered a call is not", { lastSuccessAt: 901 }, {}, false],
  ["one that has just been probed is not", {}, { lastProbeAt: 901 }, false],
  ["at the end of its time it is", { lastSuccessAt: 900 }, {}, true],
  ["a little earlier where its turn is early", { lastSuccessAt: 910 }, { jitter: 0.9 }, true],
  ["a little later where its turn is late", { lastSuccessAt: 900 }, { jitter: 1.1 }, false],
  ["one that is not probed never is", {}, { intervalMs: undefined }, false],
  ["nor when it is refused calls", { refusedUntil: 0 }, { intervalMs: undefined }, false],
  ["one that is refused calls is when it may be tried", { refusedUntil: 1000 }, { lastProbeAt: 999 }, true],
  ["and not before", { refusedUntil: 1001 }, {}, false],
  ...(["starting", "failed", "stopped", "disabled"] as const).map((connection): [string, Partial<Pulse>, Partial<ProbeTiming>, boolean] => [
    `one that is ${connection} is not`,
    { connection },
    {},
    false,
  ]),
];
test.each(cases)("%s", (_, pulse, timing, due) => {
  expect(isProbeDue({ ...PULSE, ...pulse }, { ...TIMING, ...timing })).toBe(due);
});
