import { expect, test } from "bun:test";
import { EraVerdicts } from "./era-verdicts.ts";

const BOTH = { legacy: true, modern: true };

function setup(maxEntries = 10) {
  const clock = { now: 0 };
  return { clock, verdicts: new EraVerdicts({ ttlMs: 100, maxEntries, monotonicNow: () => clock.now }) };
}

test("a verdict holds for its time, and until it is taken back", () => {
  const { clock, verdicts } = setup();
  verdicts.set("a", BOTH);
  clock.now = 99;
  expect(verdicts.get("a")).toEqual(BOTH);
  clock.now = 100;
  expect(verdicts.get("a")).toBeUndefined();
  verdicts.set("a", BOTH);
  verdicts.forget("a");
  expect(verdicts.get("a")).toBeUndefined();
});

test("the one set longest ago goes first", () => {
  const { verdicts } = setup(2);
  for (const command of ["a", "b", "a", "c"]) verdicts.set(command, BOTH);
  expect(["a", "b", "c"].map((command) => verdicts.get(command) !== undefined)).toEqual([true, false, true]);
});
