import { oneLine } from "../core/one-line.ts";
import type { ServerTestResult, ServerTestStep } from "./ports.ts";

/** A line for each server, as `PASS content initialize 3 ms, tools/list 14 tools 2 ms`, and a closing line. */
export function renderServerTests(results: readonly ServerTestResult[]): string {
  const lines = results.map((result) =>
    `${result.ok ? "PASS" : "FAIL"} ${oneLine(result.handle)} ${result.steps.map(stepText).join(", ")}`.trimEnd(),
  );
  const failed = results.filter((result) => !result.ok).length;
  return `${[...lines, `${results.length - failed} of ${results.length} servers passed`].join("\n")}\n`;
}

function stepText(step: ServerTestStep): string {
  const detail = oneLine(step.detail, 300);
  const ms = `${Math.round(step.ms)} ms`;
  if (!step.ok) return `${step.name} failed after ${ms}${detail === "" ? "" : `: ${detail}`}`;
  return detail === "" ? `${step.name} ${ms}` : `${step.name} ${detail} ${ms}`;
}
