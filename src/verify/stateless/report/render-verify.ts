import { renderViolation } from "../violation.ts";
import type { VerifyReport } from "./verify-report.ts";

const MARKS = { pass: "PASS", fail: "FAIL", skip: "SKIP" } as const;

/** For people: a line for each check by scenario, what is violated in full, the measurements and the closing banner. */
export function renderVerifyText(report: VerifyReport): string {
  const scenarios = [...new Set(report.checks.map(({ scenario }) => scenario))];
  const lines = scenarios.flatMap((scenario) => [
    "",
    scenario,
    ...report.checks
      .filter((check) => check.scenario === scenario)
      .map(({ outcome, title, reason }) => `  ${MARKS[outcome]}  ${title}${reason === undefined ? "" : ` (${reason})`}`),
  ]);
  const violations = report.checks.flatMap((check) => check.violations);
  return `${[
    `${report.subject.name} on ${report.engine.name} ${report.engine.version}`,
    ...lines,
    ...violations.flatMap((violation) => ["", renderViolation(violation)]),
    "",
    ...metricLines(report),
    "",
    bannerOf(report),
  ].join("\n")}\n`;
}

/** `Stateless deployment tests completed` and what came of it. */
export function bannerOf(report: VerifyReport): string {
  const title = report.failed === 0 ? "Stateless deployment tests completed" : "Stateless deployment tests FAILED";
  const counts = [
    ...(report.failed > 0 ? [`${report.failed} failed`] : []),
    `${report.passed} passed`,
    ...(report.skipped > 0 ? [`${report.skipped} skipped`] : []),
  ];
  return `${title}\n${counts.join(", ")} in ${(report.metrics.durationMs / 1000).toFixed(2)}s`;
}

export function renderVerifyJson(report: VerifyReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** A page for a pull request. */
export function renderVerifyMarkdown(report: VerifyReport): string {
  const rows = report.checks.map(
    ({ scenario, title, outcome, reason }) =>
      `| ${scenario} | ${title} | ${MARKS[outcome]}${reason === undefined ? "" : ` – ${cell(reason)}`} |`,
  );
  const violations = report.checks.flatMap((check) => check.violations);
  return `${[
    `# Stateless verification of ${report.subject.name}: ${report.verdict}`,
    "",
    `${report.engine.name} ${report.engine.version}, ${report.startedAt}, image ${report.subject.imageId}`,
    "",
    "| scenario | promise | outcome |",
    "|---|---|---|",
    ...rows,
    ...violations.flatMap((violation) => ["", "```text", renderViolation(violation).replaceAll("```", "'''"), "```"]),
    "",
    "## Measured",
    "",
    ...metricLines(report).map((line) => `- ${line}`),
    "",
    bannerOf(report).replace("\n", ": "),
  ].join("\n")}\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** What CI servers read: a case for each check. */
export function renderVerifyJunit(report: VerifyReport): string {
  const { checks, failed, skipped, metrics, startedAt } = report;
  const cases = checks.map(({ id, scenario, outcome, violations, reason }) => {
    const open = `    <testcase classname="stateless.${attribute(scenario)}" name="${attribute(id)}"`;
    if (outcome === "pass") return `${open} />`;
    const body =
      outcome === "skip"
        ? `<skipped message="${attribute(reason ?? "")}" />`
        : violations.map((each) => `<failure message="${attribute(each.title)}">${attribute(renderViolation(each))}</failure>`).join("");
    return `${open}>${body}</testcase>`;
  });
  const head = `tests="${checks.length}" failures="${failed}" skipped="${skipped}" errors="0" time="${metrics.durationMs / 1000}"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="${attribute(report.subject.name)}" ${head} timestamp="${startedAt.slice(0, 19)}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n")}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

function attribute(text: string): string {
  // XML 1.0 has no place for other control characters.
  return text.replace(/[&<>"\n]/g, (letter) => ENTITIES[letter] ?? "").replace(/[\p{Cc}\p{Cs}]/gu, "");
}

function metricLines({ metrics: { startupMs, tools, memory, writes, durationMs } }: VerifyReport): readonly string[] {
  return [
    `start-up: ${startupMs === null ? "not measured" : `${startupMs.toFixed(0)} ms to the first answer`}`,
    ...tools.map(
      ({ tool, calls, meanMs, maxMs }) => `tool ${tool}: ${meanMs.toFixed(1)} ms mean, ${maxMs.toFixed(1)} ms at most, ${calls} calls`,
    ),
    `memory: ${mib(memory.peakBytes)} at its peak, ${mib(memory.meanBytes)} on average (${memory.samples} samples)`,
    `writes: ${writes.outside.length} outside tmpfs${shownPaths(writes.outside)}, ${writes.inTmpfs === null ? "tmpfs not readable from here" : `${writes.inTmpfs.length} files in tmpfs${shownPaths(writes.inTmpfs)}`}`,
    `duration: ${(durationMs / 1000).toFixed(1)} s`,
  ];
}

function shownPaths(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  return ` (${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""})`;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
