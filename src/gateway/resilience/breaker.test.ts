import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../core/app-error.ts";
import { admit, afterFailure, afterNothing, afterSuccess, type Breaker, type BreakerSettings, CLOSED, tripped } from "./breaker.ts";

const LOST = new AppError("unavailable", "UPSTREAM_LOST", "it exited");

const SETTINGS: BreakerSettings = {
  failures: 3,
  failurePercent: 50,
  minCalls: 10,
  windowMs: 1000,
  openMs: 100,
  maxOpenMs: 350,
  trialMs: 50,
};

type Step = "ok" | "fail" | "fail too";

/** Lets calls end one after the other, 1 ms apart; `fail too` was on its way together with the failure before it. */
function after(steps: readonly Step[], from: Breaker = CLOSED, startMs = 0): Breaker {
  return steps.reduce(
    ({ breaker, calls }, step) => {
      const done = calls + 1;
      const failure = { now: startMs + done, error: LOST, calls: done, isNew: step === "fail", onTrial: false };
      return { calls: done, breaker: step === "ok" ? afterSuccess(breaker, false) : afterFailure(breaker, failure, SETTINGS) };
    },
    { breaker: from, calls: 0 },
  ).breaker;
}

const times = (count: number, ...steps: Step[]) => Array.from({ length: count }, () => steps).flat();
const trial = (now: number) => ({ now, error: LOST, calls: 1, isNew: true, onTrial: true });

describe("a closed one", () => {
  const cases: readonly (readonly [title: string, steps: readonly Step[], kind: Breaker["kind"]])[] = [
    ["passes what succeeds", times(100, "ok"), "closed"],
    ["opens after so many failures in a row", times(3, "fail"), "open"],
    ["stays closed after one less", times(2, "fail"), "closed"],
    ["begins to count anew after a success", [...times(2, "fail"), "ok", ...times(2, "fail")], "closed"],
    ["takes what was lost together for one failure", ["fail", ...times(99, "fail too")], "closed"],
    ["opens when that happens three times, and half of the calls were lost", times(3, "fail", "fail too", "fail too", "ok"), "open"],
    ["opens when half of the calls of a window fail", times(6, "ok", "fail"), "open"],
    ["not while there were too few of them", times(4, "ok", "fail"), "closed"],
    ["not where fewer fail", times(30, "ok", "ok", "fail"), "closed"],
  ];
  test.each(cases)("%s", (_, steps, kind) => {
    expect(after(steps).kind).toBe(kind);
  });

  test("costs nothing while all goes well: it is the same one", () => {
    const closed = after(["fail", "ok"]);
    expect(afterSuccess(closed, false)).toBe(closed);
  });

  test("forgets a share that failed when the window is over", () => {
    const before = after(times(4, "ok", "fail"));
    const later = { now: 2000, error: LOST, calls: 1000, isNew: true, onTrial: false };
    const counted = afterFailure(afterSuccess(before, false), later, SETTINGS);
    expect(counted).toMatchObject({ kind: "closed", failed: 1, callsBefore: 999, since: 2000 });
  });
});

describe("an open one", () => {
  const open = after(times(3, "fail"));

  test("refuses with the reason and the time to come again, until its time is up", () => {
    expect(open).toEqual({ kind: "open", until: 103, times: 1, last: LOST });
    if (open.kind !== "open") throw new Error("it is not open");
    expect(admit(open, 3, SETTINGS)).toEqual({ admitted: false, retryAfterMs: 100, last: LOST });
    expect(admit(open, 102.5, SETTINGS)).toEqual({ admitted: false, retryAfterMs: 0.5, last: LOST });
    expect(admit(open, 103, SETTINGS)).toEqual({
      admitted: true,
      breaker: { kind: "half-open", trialAt: 103, times: 1, last: LOST },
    });
  });

  test("is moved by nothing that was sent before it opened", () => {
    expect(afterSuccess(open, false)).toBe(open);
    expect(afterFailure(open, { ...trial(50), onTrial: false }, SETTINGS)).toBe(open);
    expect(afterNothing(open, 50, false)).toBe(open);
    expect(tripped(open, 50, LOST, SETTINGS)).toBe(open);
  });
});

describe("a half-open one", () => {
  const half: Breaker = { kind: "half-open", trialAt: 200, times: 1, last: LOST };

  test("refuses others while one is on trial, and lets the next one in where that takes long", () => {
    expect(admit(half, 249, SETTINGS)).toEqual({ admitted: false, retryAfterMs: 1, last: LOST });
    expect(admit(half, 250, SETTINGS)).toMatchObject({ admitted: true, breaker: { kind: "half-open", trialAt: 250 } });
  });

  test("closes after a success of the trial alone", () => {
    expect(afterSuccess(half, false)).toBe(half);
    expect(afterSuccess(half, true)).toBe(CLOSED);
  });

  test("opens again for twice as long each time, up to the most", () => {
    const waits: number[] = [];
    for (let breaker: Breaker = half, now = 200; waits.length < 4; ) {
      breaker = afterFailure(breaker, trial(now), SETTINGS);
      if (breaker.kind !== "open") throw new Error("it is not open");
      waits.push(breaker.until - now);
      now = breaker.until;
      const admission = admit(breaker, now, SETTINGS);
      if (admission.admitted) breaker = admission.breaker;
    }
    expect(waits).toEqual([200, 350, 350, 350]);
  });

  test("lets the next call try at once where the trial had no outcome", () => {
    expect(afterNothing(half, 210, true)).toEqual({ kind: "open", until: 210, times: 1, last: LOST });
    expect(afterNothing(half, 210, false)).toBe(half);
  });
});

test("a closed one can be tripped", () => {
  expect(tripped(CLOSED, 7, LOST, SETTINGS)).toEqual({ kind: "open", until: 107, times: 1, last: LOST });
});

test("whatever happens, it admits again within its longest time, and a trial that succeeds closes it", () => {
  const step = fc.record({ gap: fc.nat(200), outcome: fc.constantFrom("ok", "fail", "nothing"), isNew: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let breaker: Breaker = CLOSED;
      let now = 0;
      let calls = 0;
      for (const { gap, outcome, isNew } of steps) {
        now += gap;
        calls += 1;
        let onTrial = false;
        if (breaker.kind !== "closed") {
          const admission = admit(breaker, now, SETTINGS);
          if (!admission.admitted) {
            expect(admission.retryAfterMs).toBeGreaterThan(0);
            expect(admission.retryAfterMs).toBeLessThanOrEqual(SETTINGS.maxOpenMs);
            continue;
          }
          onTrial = true;
          breaker = admission.breaker;
        }
        if (outcome === "ok") {
          breaker = afterSuccess(breaker, onTrial);
          expect(breaker.kind).toBe("closed");
        } else if (outcome === "nothing") breaker = afterNothing(breaker, now, onTrial);
        else breaker = afterFailure(breaker, { now, error: LOST, calls, isNew, onTrial }, SETTINGS);
      }
    }),
  );
});
