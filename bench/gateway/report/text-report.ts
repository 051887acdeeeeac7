import type { Row } from "../load/measure-rounds.ts";
import type { BenchReport } from "./bench-report.ts";
import type { Comparison } from "./compare.ts";
import { median } from "./statistics.ts";
import { textTable } from "./text-table.ts";

/** The report for people. */
export function textReport(report: BenchReport): string {
  const parts = [
    heading(report),
    section("Measured (medians over the rounds)", rowTable(report.rows)),
    section("Side by side (median of the rounds, lowest to highest in brackets)", comparisonTable(report.comparisons)),
    section("Resident after the run, stdio fixture not counted", memoryTable(report)),
    section("Resident after each round of sessions that were opened and abandoned", sessionLines(report)),
    section(
      "How each was run",
      report.targets.map(({ upstream, name, how }) => `${upstream} upstream, ${name}: ${how}`),
    ),
    section(
      "Not measured",
      report.notMeasured.map(({ name, reason }) => `${name}: ${reason}`),
    ),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function heading({ options, machine, startedAt, tookSeconds }: BenchReport): string {
  const { rounds, seconds, pin, quick } = options;
  const cores = pin ? "load generator and upstream on core 0, proxies on core 1" : "processes not pinned to cores";
  return [
    `Gateway bench${quick ? " (quick: shows that it works, its figures mean little)" : ""}, ${startedAt}, took ${tookSeconds.toFixed(0)} s`,
    `${rounds === 1 ? "One round" : `${rounds} rounds`} of ${seconds} s, ${cores}; wrk with one thread`,
    `${machine.cores} cores (${machine.processor}), load average ${machine.loadAverage.toFixed(2)} at the start`,
    Object.entries(machine.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function rowTable(rows: readonly Row[]): readonly string[] {
  const header = ["upstream", "call", "c", "target", "req/s", "p50 µs", "p99 µs", "CPU µs/req", "errors"];
  return rows.length === 0 ? [] : textTable(header, rows.map(rowCells));
}

function rowCells({ upstream, call, connections, target, samples }: Row): readonly string[] {
  const middle = (read: (sample: Row["samples"][number]) => number, digits: number) => median(samples.map(read)).toFixed(digits);
  return [
    upstream,
    call,
    String(connections),
    target,
    middle((sample) => sample.requestsPerSecond, 0),
    middle((sample) => sample.p50Us, 0),
    middle((sample) => sample.p99Us, 0),
    middle((sample) => sample.cpuUsPerRequest, 1),
    errorText(samples),
  ];
}

function errorText(samples: Row["samples"]): string {
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  const wrongSize = samples.some((sample) => sample.wrongSize);
  return `${errors}${wrongSize ? ", wrong answers" : ""}`;
}

function comparisonTable(comparisons: readonly Comparison[]): readonly string[] {
  const header = ["upstream", "call", "c", "target", "against", "ratio or difference", "", "goal", ""];
  return comparisons.length === 0 ? [] : textTable(header, comparisons.map(comparisonCells));
}

function comparisonCells({ upstream, call, connections, target, against, unit, spread, goal }: Comparison): readonly string[] {
  const digits = unit.startsWith("times") ? 2 : 0;
  const [middle, low, high] = [spread.median, spread.low, spread.high].map((value) => value.toFixed(digits));
  const goalText = goal === undefined ? "" : `${goal.bound} ${goal.value}`;
  const verdict = goal === undefined ? "" : goal.met ? "met" : "missed";
  return [upstream, call, String(connections), target, against, `${middle} (${low} to ${high})`, unit, goalText, verdict];
}

function memoryTable({ memory }: BenchReport): readonly string[] {
  const rows = memory.map(({ upstream, target, residentKiB }) => [upstream, target, String(residentKiB)]);
  return rows.length === 0 ? [] : textTable(["upstream", "target", "KiB"], rows);
}

function sessionLines({ sessions }: BenchReport): readonly string[] {
  if (sessions === undefined) return [];
  return [`${sessions.sessions} a round, KiB: ${sessions.residentKiB.join(", ")}`];
}
