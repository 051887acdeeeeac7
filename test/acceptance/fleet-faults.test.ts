import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FLEET_FAULTS } from "../fleet-faults.ts";
import { checkReference } from "./check-map.ts";

const ROOT = join(import.meta.dirname, "../..");
const LAST = 42;

function read(path: string): string | undefined {
  return existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined;
}

test("every fault from 1 to 42 is in the list once, with a test that proves it", () => {
  expect(Object.keys(FLEET_FAULTS).map(Number)).toEqual(Array.from({ length: LAST }, (_, index) => index + 1));
  expect(Object.values(FLEET_FAULTS).filter(({ tests }) => tests.length === 0)).toEqual([]);
  const names = Object.values(FLEET_FAULTS).map(({ fault }) => fault);
  expect(new Set(names).size).toBe(LAST);
});

test("the tests that are named exist, under these titles", () => {
  const problems = Object.entries(FLEET_FAULTS).flatMap(([number, { tests }]) =>
    tests.flatMap((reference) => checkReference(reference, read) ?? []).map((problem) => `${number}: ${problem}`),
  );
  expect(problems).toEqual([]);
});
