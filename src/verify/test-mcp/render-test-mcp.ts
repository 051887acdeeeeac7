import { oneLine } from "../../core/one-line.ts";
import type { TestMcpReport, TestMcpStep } from "./test-mcp-report.ts";

/** For people: a line for each step, then the verdict. Ends with a line end. */
export function renderTestMcpText(report: TestMcpReport): string {
  const nameWidth = Math.max(...report.steps.map((step) => step.name.length));
  const msWidth = Math.max(...report.steps.map((step) => msText(step).length));
  const lines = report.steps.map(
    (step) => `  ${step.outcome.toUpperCase()}  ${step.name.padEnd(nameWidth)}  ${msText(step).padStart(msWidth)}  ${step.detail}`,
  );
  return `${[oneLine(report.url, 500), ...lines, verdictLine(report)].join("\n")}\n`;
}

/** For programs: the report itself. */
export function renderTestMcpJson(report: TestMcpReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

function verdictLine(report: TestMcpReport): string {
  return `${report.verdict} (${report.steps.length} ${report.steps.length === 1 ? "step" : "steps"}, ${report.ms.toFixed(1)} ms)`;
}

function msText(step: TestMcpStep): string {
  return `${step.ms.toFixed(1)} ms`;
}
