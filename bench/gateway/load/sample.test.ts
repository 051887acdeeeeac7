import { expect, test } from "bun:test";
import type { WrkTotals } from "./run-wrk.ts";
import { learnRightAnswer, toSample } from "./sample.ts";

const RIGHT = { bytes: 400, uncertainty: 0 };

function totals(changes: Partial<WrkTotals>): WrkTotals {
  const clean = { connect: 0, read: 0, write: 0, status: 0, timeout: 0, wrong: 0, firstWrong: "" };
  return { requests: 1000, durationUs: 2_000_000, bytes: 400_000, p50Us: 100, p99Us: 200, ...clean, ...changes };
}

test("figures are per second and per request", () => {
  expect(toSample(totals({}), 30_000, RIGHT, 1)).toMatchObject({
    requestsPerSecond: 500,
    cpuUsPerRequest: 30,
    errors: 0,
    wrongSize: false,
  });
});

test("bad statuses, socket errors and timeouts are all errors", () => {
  expect(toSample(totals({ status: 2, read: 3, timeout: 4 }), 0, RIGHT, 1).errors).toBe(9);
});

test("short answers with status 200 are noticed by their size", () => {
  expect(toSample(totals({ bytes: 350_000 }), 0, RIGHT, 1).wrongSize).toBe(true);
});

test("answers that the end of the run cut off are no wrong ones", () => {
  expect(toSample(totals({ bytes: 400_000 + 16 * 390 }), 0, RIGHT, 16).wrongSize).toBe(false);
});

test("what a short run teaches of the size is trusted less", () => {
  const learned = learnRightAnswer(totals({ requests: 200, bytes: 200 * 400 + 8 * 390 }), 16);
  expect(toSample(totals({}), 0, learned, 1).wrongSize).toBe(false);
  expect(toSample(totals({ bytes: 300_000 }), 0, learned, 1).wrongSize).toBe(true);
});

test("no answer at all is no division by zero", () => {
  expect(toSample(totals({ requests: 0, bytes: 0 }), 500, RIGHT, 1)).toMatchObject({ requestsPerSecond: 0, cpuUsPerRequest: 0 });
});
