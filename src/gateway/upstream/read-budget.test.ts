import { describe, expect, test } from "bun:test";
import { CallSignal } from "../../core/cancel-signal.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { ReadBudget } from "./read-budget.ts";

const MESSAGE = 1024;

function setup() {
  const clock = { now: 0, reads: 0 };
  const monotonicNow = () => {
    clock.reads += 1;
    return clock.now;
  };
  const budget = new ReadBudget({ bytesPerSecond: 1_000_000, burstBytes: 2_000_000, monotonicNow });
  return { clock, budget };
}

test("a server that was quiet may say its burst at once, and then waits for as long as the rest takes", () => {
  const { budget } = setup();
  budget.spend(2_000_000, 0);
  expect(budget.pauseMs()).toBe(0);
  budget.spend(500_000, 0);
  expect(budget.pauseMs()).toBe(500);
});

test("what is allowed grows with time, and never beyond the burst", () => {
  const { budget, clock } = setup();
  budget.spend(3_000_000, 0);
  clock.now = 400;
  expect(budget.pauseMs()).toBe(600);
  clock.now = 1000;
  expect(budget.pauseMs()).toBe(0);
  clock.now = 1_000_000;
  budget.spend(2_500_000, 0);
  expect(budget.pauseMs()).toBe(500);
});

test("each message costs something, however small it is", () => {
  const { budget } = setup();
  budget.spend(0, 2_000_000 / MESSAGE);
  expect(budget.pauseMs()).toBe(0);
  budget.spend(0, 1000);
  expect(budget.pauseMs()).toBe(1024);
});

describe("waiting", () => {
  test("is for nothing where there is something left", () => {
    expect(setup().budget.pause(new CallSignal())).toBeUndefined();
  });

  test("ends when enough time has passed, however often it is looked", async () => {
    const { budget, clock } = setup();
    budget.spend(2_001_000, 0);
    const { reads } = clock;
    let over = false;
    const waiting = budget.pause(new CallSignal())?.then(() => {
      over = true;
    });
    // The clock stands: a timer that ends is not enough.
    await waitUntil(() => clock.reads > reads + 3);
    expect(over).toBe(false);
    clock.now = 10;
    await waiting;
    expect(over).toBe(true);
  });

  test("ends with its signal", async () => {
    const { budget } = setup();
    budget.spend(1e12, 0);
    const signal = new CallSignal();
    const waiting = budget.pause(signal);
    signal.abort();
    await waiting;
    expect(budget.pauseMs()).toBeGreaterThan(0);
  });
});
