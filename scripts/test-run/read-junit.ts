import { skipReason } from "../../test/support/skip-reason.ts";
import type { Tally } from "./tally.ts";

/** What one `bun test` left behind. */
export interface TestRun {
  /** The JUnit report, or undefined where the run died before it wrote one. */
  readonly xml: string | undefined;
  readonly exitCode: number;
  /** The test files that were asked for, by their path from the root. */
  readonly files: readonly string[];
}

const CASE = /<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", "#10": "\n" };

/**
 * Counts a run from its JUnit report. A file that could not be loaded is absent from
 * Bun's report, so every file that was asked for must show up; and a run that failed
 * without naming a failure counts as one.
 */
export function readJunit({ xml, exitCode, files }: TestRun): Tally {
  if (xml === undefined)
    return { passed: 0, failures: [`the test run died with exit code ${exitCode} before it wrote a report`], skips: [] };
  const cases = [...xml.matchAll(CASE)].map(([, attributes = "", body = ""]) => ({ attributes, body }));
  const failures = cases.filter(({ body }) => /<(failure|error)\b/.test(body)).map(({ attributes }) => nameOf(attributes));
  const skips = cases.filter(({ body }) => body.includes("<skipped")).map(({ attributes }) => describeSkip(attributes));
  const absent = files.filter((file) => !xml.includes(`file="${file}"`)).map((file) => `${file} ran no test`);
  const silent =
    exitCode !== 0 && failures.length + absent.length === 0 ? [`the test run ended with exit code ${exitCode} and named no failure`] : [];
  return { passed: cases.length - failures.length - skips.length, failures: [...failures, ...absent, ...silent], skips };
}

function nameOf(attributes: string): string {
  return `${attribute(attributes, "file")} > ${attribute(attributes, "name")}`;
}

function describeSkip(attributes: string): string {
  const name = nameOf(attributes);
  return skipReason(name) === undefined ? `${name} [skipped: no reason given]` : name;
}

function attribute(attributes: string, key: string): string {
  const raw = new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return raw.replace(/&([^;]+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);
}
