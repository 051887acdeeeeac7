import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BenchReport } from "../gateway/report/bench-report.ts";
import type { Comparison, Goal } from "../gateway/report/compare.ts";
import { type BenchFigures, figuresOf } from "./bench-figures.ts";
import { drawFigures } from "./draw-figures.ts";

const docs = (name: string) => readFileSync(resolve(import.meta.dir, "../../docs", name), "utf8");

const comparison = (median: number, goal: Goal | undefined, more: Partial<Comparison> = {}): Comparison => ({
  upstream: "HTTP",
  call: "echo 200 B",
  connections: 16,
  target: "gateway",
  against: "nginx",
  unit: "times the requests/s",
  spread: { median, low: median, high: median },
  goal,
  ...more,
});

function drawn(...comparisons: Comparison[]): string {
  const machine = {
    cores: 2,
    processor: "a <fast> one",
    memoryMiB: 1,
    kernel: "",
    loadAverage: 0.25,
    versions: { nginx: "1.2", revision: "abc1234" },
  };
  const report = { startedAt: "2026-03-01T12:00:00.000Z", options: { rounds: 5, seconds: 2 }, machine, comparisons };
  return drawFigures(figuresOf(report as unknown as BenchReport));
}

/** Widths of the bars, in their order. */
const bars = (svg: string) =>
  [...svg.matchAll(/<rect class="(met|missed)" [^>]*width="(\d+)"/g)].map(([, verdict, width]) => `${verdict} ${width}`);

test("the picture beside the documents is drawn from the figures beside it", () => {
  const figures = JSON.parse(docs("bench.json")) as BenchFigures;
  expect(docs("bench.svg")).toBe(drawFigures(figures));
  for (const { spread, goal } of figures.comparisons) {
    expect(goal.met).toBe(goal.bound === "at least" ? spread.median >= goal.value : spread.median <= goal.value);
  }
});

test("a bar is as long as its figure is in goals, ends at three, and says whether the goal is met", () => {
  const svg = drawn(
    comparison(0.3, { bound: "at least", value: 0.6, met: false }),
    comparison(1.2, { bound: "at least", value: 0.6, met: true }),
    comparison(9, { bound: "at most", value: 2, met: false }, { unit: "times the p99" }),
    comparison(3, undefined),
  );
  expect(bars(svg)).toEqual(["missed 55", "met 220", "missed 330"]);
  expect(svg).toContain("1 of 3 goals are met");
  expect(svg).toContain("times the p99 of nginx: at most 2");
});

test("memory is told in MiB, and what would be a tag is text", () => {
  const svg = drawn(comparison(118_784, { bound: "at most", value: 122_880, met: true }, { unit: "KiB", against: "its budget" }));
  expect(svg).toContain(">MiB: at most 120<");
  expect(svg).toContain(">116<");
  expect(svg).toContain("mcpctl at abc1234, nginx 1.2; 2026-03-01, 2 cores (a &lt;fast&gt; one)");
});
