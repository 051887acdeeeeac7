import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCEPTANCE } from "../acceptance.ts";
import { type AcceptanceMap, allNumbers, expandRange } from "./acceptance-map.ts";
import { checkMap } from "./check-map.ts";

const ROOT = join(import.meta.dirname, "../..");
const readRepository = (path: string) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined);

/** A map that is right about two small files; the tests below break one thing each. */
const FILES: Readonly<Record<string, string>> = {
  "a.test.ts": 'test("it holds", () => {});',
  "docs/adr/0001-a.md": "Replaces S1-002.",
};
const good: AcceptanceMap = {
  open: ["S1-003..S1-173", "S2-001..S2-074", "S3-001..S3-071", "S4-001..S4-123"],
  done: { "S1-001": ["a.test.ts > it holds"] },
  superseded: { "S1-002": "docs/adr/0001-a.md" },
};
const check = (change: Partial<AcceptanceMap>) => checkMap({ ...good, ...change }, (path) => FILES[path]);

test("every acceptance line is open, done or superseded, and what is claimed exists", () => {
  expect(checkMap(ACCEPTANCE, readRepository)).toEqual([]);
});

test("there are 441 lines: 173, 74, 71 and 123", () => {
  const counts = ["S1", "S2", "S3", "S4"].map((prefix) => allNumbers().filter((number) => number.startsWith(prefix)).length);
  expect(counts).toEqual([173, 74, 71, 123]);
  expect(new Set(allNumbers()).size).toBe(441);
});

test("a right map passes", () => {
  expect(check({})).toEqual([]);
});

test("a missing, an unknown and a doubled number are caught", () => {
  expect(check({ open: good.open.slice(1) })).toHaveLength(171);
  expect(check({ open: [...good.open, "S5-001"] })).toEqual(["S5-001 is no acceptance line"]);
  expect(check({ open: [...good.open, "S1-001"] })).toEqual(["S1-001 is stated twice"]);
});

test("a line done by no test, by an unknown test or by an absent file is caught", () => {
  expect(check({ done: { "S1-001": [] } })).toEqual(["S1-001 is called done and names no test"]);
  expect(check({ done: { "S1-001": ["a.test.ts > it hold"] } })).toEqual(['S1-001: a.test.ts has no test called "it hold"']);
  expect(check({ done: { "S1-001": ["b.test.ts > it holds"] } })).toEqual(["S1-001: b.test.ts does not exist"]);
  expect(check({ done: { "S1-001": ["docs/adr/0001-a.md > it holds"] } })).toEqual(["S1-001: docs/adr/0001-a.md is no test file"]);
});

test("a line superseded by an absent decision, or by one that does not mention it, is caught", () => {
  expect(check({ superseded: { "S1-002": "docs/adr/0002-b.md" } })).toEqual(["S1-002: docs/adr/0002-b.md does not exist"]);
  expect(check({ superseded: { "S1-002": "README.md" } })).toEqual(["S1-002: README.md is no decision record"]);
  const swapped = check({ open: [...good.open.slice(1), "S1-002", "S1-004..S1-173"], superseded: { "S1-003": "docs/adr/0001-a.md" } });
  expect(swapped).toEqual(["S1-003: docs/adr/0001-a.md does not mention it"]);
});

test("a range that makes no sense is refused", () => {
  for (const entry of ["S1-4", "S1-009..S1-004", "S1-001..S2-002", "S1-001-S1-003"]) expect(() => expandRange(entry)).toThrow(entry);
});
